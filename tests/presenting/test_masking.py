import pytest
from hostile import hostile_text, properties
from hypothesis import given
from hypothesis import strategies as st

from bitrix24_dialogs.presenting.masking import mask_contacts


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+7 916 123-45-67", "+7 *** ***-**-67"),
        ("+79161234567", "+*********67"),
        ("8 (916) 123-45-67", "* (***) ***-**-67"),
        ("(+375 29) 123 45 67", "(+375 **) *** ** 67"),
        ("8.916.123.45.67", "*.***.***.**.67"),
        ("01.23.45.67.89", "**.**.**.**.89"),
        ("600 123 456", "*** *** *56"),
        ("123-45-67", "***-**-67"),
        ("1234567", "*****67"),
        ("+1234567x", "+*****67x"),
        ("89161234567WhatsApp", "*********67WhatsApp"),
        ("89161234567 89161234568", "*********67 *********68"),
        ("1. 89161234567, 2 шт", "1. *********67, 2 шт"),
        ("11.03.2026 89161234567", "11.03.2026 *********67"),
        ("+7 916 12.03.26", "+7 *** **.**.26"),
        ("+7 916 123-45-67 11.03.2026", "+7 *** ***-**-67 11.03.2026"),
        ("wa.example/79161234567?a", "wa.example/*********67?a"),
        ("tel:+79161234567", "tel:+*********67"),
        ("8\u00a0916\u2009123\u202f45\u201167", "*\u00a0***\u2009***\u202f**\u201167"),
        ("٠٩١٦١٢٣٤٥٦٧", "*********٦٧"),
        ("＋７（９１６）１２３４５６７", "＋７（***）*****６７"),
        ("4111 1111 1111 1111", "**** **** **** **11"),
    ],
)
def test_phones_are_hidden(text: str, masked: str) -> None:
    assert mask_contacts(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        *("order 123456", "#1234567", "№ 123456789", "ABC1234567", "1234567abc", "12345678901234567890"),
        *("2026-03-11", "2026-03-11 12:30:45", "2026-03-11T12:00:00+03:00", "20260311T120000Z", "12:30:45.123456"),
        *(
            "11.03.2026 12:30",
            "5 11.03.26 14:00",
            "11-03-2026",
            "11/03/2026 10:00",
            "UTC+3 11.03.2026",
            "2019-2026",
            "2019 – 2026",
        ),
        *("1 250 000.00", "1\u00a0250\u00a0000", "1.250.000,00", "1,250,000.00", "1250000.00", "12 345 678"),
        *("600 123 456 ₽", "600.123.456.00", "1250000 руб.", "$ 1250000", "12500000 USD"),
        *("192.168.100.200", "10.0.0.1:8080", "55.755826, 37.617300", "٢٠٢٦-٠٣-١١", "2²34567", ""),
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_contacts(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("anna.petrova@example.com", "a***@e***.com"),
        ("Пишите: <анна@почта.рф>.", "Пишите: <а***@п***.рф>."),
        ("mailto:a.b+c@mail.example.co.uk,", "mailto:a***@m***.uk,"),
        ("?to=anna%40example.com&x", "?to=a***@e***.com&x"),
        ("anna＠example.com", "a***@e***.com"),
        ("a@b.co", "***@***.co"),
        ("89161234567@mail.example", "8***@m***.example"),
    ],
)
def test_addresses_are_hidden(text: str, masked: str) -> None:
    assert mask_contacts(text) == masked


@pytest.mark.parametrize("text", ["@anna", "user@localhost", "a @ b.com", "x@", "@example.com", "5@ 7"])
def test_what_is_no_address_stays(text: str) -> None:
    assert mask_contacts(text) == text


_SEPARATORS = st.sampled_from([" ", "-", ".", " - ", "\u00a0", "\u2009", ") ", " ("])


@properties
@given(st.lists(st.tuples(st.integers(10, 999).map(str), _SEPARATORS), min_size=4, max_size=6))
def test_of_a_phone_two_digits_and_the_country_are_left(pairs: list[tuple[str, str]]) -> None:
    number = "+" + "".join(digits + separator for digits, separator in pairs[:-1]) + pairs[-1][0]
    masked = mask_contacts(f"call {number} now")
    assert len(masked) == len(f"call {number} now")
    assert sum(char.isdigit() for char in masked) <= 5
    assert masked.endswith(f"{number[-2:]} now")


@properties
@given(hostile_text)
def test_no_new_digits_appear(text: str) -> None:
    assert sum(map(str.isdigit, mask_contacts(text))) <= sum(map(str.isdigit, text))


@properties
@given(hostile_text.map(lambda text: text.replace("@", "").replace("＠", "").replace("%40", "")))
def test_masking_phones_twice_changes_nothing(text: str) -> None:
    masked = mask_contacts(text)
    assert len(masked) == len(text)
    assert mask_contacts(masked) == masked


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1.", "a", "a.", "a@", "anna@example.", "+", "(", "1234567 ", "2026-03-11 ", "1 234 "]
)
def test_a_heap_is_taken_in_stride(piece: str) -> None:
    assert len(mask_contacts(piece * 10_000)) <= len(piece) * 10_000
