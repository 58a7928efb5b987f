"""Hiding the phones and e-mail addresses in a text, where the company wants them kept from the assistant.

A phone has no fixed shape, so the rule is the other way round: a run of seven digits or more is one unless it is
recognisably something else. Doubtful cases are hidden: this is a setting for those who care.
"""

import re
import unicodedata

# Each pattern can begin only at the start of a run and never gives back what it took: linear.
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]++)(?:@|%40)([\w-]++)((?:\.[\w-]++)+)")
# Ten digits in a row stand for themselves and do not merge with a neighbour.
_DIGITS = re.compile(r"(?<!\d)\+?\(?(?:\d{10,}+|\d++(?:[ ().-]{1,3}+\d{1,9}+(?!\d))*+)")

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NOT_PHONES = re.compile(
    rf"""(?<![\d+])(?<![\d+][-.])(?:
      {_YEAR}([-.]){_MONTH}\1{_DAY}                 # 2026-03-11
    | {_DAY}([-.]){_MONTH}\2{_YEAR}                 # 11.03.2026
    | {_DAY}\.{_MONTH}\.\d\d                        # 11.03.26; with dashes it may well be a local phone
    | {_YEAR}[ ]?-[ ]?{_YEAR}                       # 2019-2026
    | {_OCTET}(?:\.{_OCTET}){{3}}                   # 192.168.100.200
    )(?![-.]?\d)""",
    re.VERBOSE,
)
_AMOUNT = re.compile(
    r"""\d+\.(?:\d{1,2}|\d{5,})                          # 1250000.00, 55.755826
      | \d{1,2}([ .])\d{3}(?:\1\d{3})*(?:\.\d{1,2})?      # 1 250 000
      | \d{3}([ .])\d{3}(?:\2\d{3})*\.\d{1,2}             # 600 123 456.00
    """,
    re.VERBOSE,
)
_GROUPED = re.compile(r"\d+|\d{3}([ .])\d{3}(?:\1\d{3})*")  # amounts only with a currency beside them
_PHONE_BEGUN = re.compile(r"(?<![A-Za-z])\+[\d ().-]*$")  # after a letter it is a time zone: UTC+3
_COUNTRY = re.compile(r"\+\d{1,3}(?=[ (.-])")
_MONEY_AFTER = re.compile(r" ?(?:[$€£₽₸₴₺¥]|р\.|руб|rub|usd|eur|kzt|тенге|тг\b)", re.IGNORECASE)
_MONEY_BEFORE = re.compile(r"[$€£₽₸₴₺¥] ?$")
_ASCII_LETTER = re.compile("[A-Za-z_]")
_NUMBER_OF = re.compile(r"(?:[#№] ?|[A-Za-z_])$")
_LOOKALIKES = {"＋": "+", "（": "(", "）": ")", "．": ".", "＠": "@", "−": "-", "\t": " "}

_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_LONGEST_ORDER_NUMBER = 9
_LONGEST_BEGINNING = 24
_DIGITS_SHOWN = 2


def mask_contacts(text: str) -> str:
    """Hide e-mail addresses and phone numbers, leaving enough to tell one from another.

    Phones keep their last two digits and a country code that stands apart; addresses their first letters and
    the last part of the domain. Digits of every script, and every kind of blank and dash between them, count.
    Dates, times, prices, network addresses and numbers below seven digits stay.

    Args:
        text: Cleaned text: a hidden character inside a number would split it.

    Returns:
        The text with `a***@e***.com` and `+7 *** ***-**-67` in place of contacts.

    Source: protocol 7 (personal data).
    """
    return _mask_phones(_mask_emails(text))


def _mask_emails(text: str) -> str:
    if "@" not in text and "＠" not in text and "%40" not in text:
        return text
    pieces: list[str] = []
    end = 0
    for address in _EMAIL.finditer(_plain(text)):
        name, host, zone = address[1], address[2], address[3].rpartition(".")[2]
        pieces += [text[end : address.start()], f"{_initial(name)}***@{_initial(host)}***.{zone}"]
        end = address.end()
    return "".join([*pieces, text[end:]])


def _initial(part: str) -> str:
    """The first letter, unless it is all there is."""
    return part[0] if len(part) > 1 else ""


def _mask_phones(text: str) -> str:
    plain = _plain(text)
    pieces: list[str] = []
    end = 0
    for start, stop in _open_stretches(plain):
        for run in _DIGITS.finditer(plain, start, stop):
            if _is_phone(run, plain):
                pieces += [text[end : run.start()], _masked(text[run.start() : run.end()], run[0])]
                end = run.end()
    return "".join([*pieces, text[end:]])


def _open_stretches(plain: str) -> list[tuple[int, int]]:
    """The stretches of a text between dates and the like, which would else run on into their neighbours."""
    known = [found.span() for found in _NOT_PHONES.finditer(plain) if not _ends_a_phone(plain, found.start())]
    starts = [0, *(stop for _, stop in known)]
    stops = [*(start for start, _ in known), len(plain)]
    return list(zip(starts, stops, strict=True))


def _ends_a_phone(plain: str, start: int) -> bool:
    """Tell the last digits of +7 916 12.03.26 from a date."""
    begun = _PHONE_BEGUN.search(plain[max(0, start - _LONGEST_BEGINNING) : start])
    return begun is not None and sum(map(str.isdigit, begun[0])) < _FEWEST_DIGITS


def _is_phone(run: re.Match[str], plain: str) -> bool:
    number = run[0]
    groups = re.findall(r"\d+", number)
    count = sum(map(len, groups))
    if count < _FEWEST_DIGITS:
        return False
    if number.startswith("+"):
        return True
    before, after = plain[max(0, run.start() - 2) : run.start()], plain[run.end() : run.end() + 6]
    if len(groups) == 1 and count > _MOST_DIGITS:
        return False
    if count <= _LONGEST_ORDER_NUMBER and (_NUMBER_OF.search(before) or _ASCII_LETTER.match(after)):
        return False  # an order's or article's number, a piece of a hash
    return not _is_amount(number, before, after)


def _is_amount(number: str, before: str, after: str) -> bool:
    """Tell money and measurements from phones: 600 123 456 alone is a phone, 600 123 456 ₽ is not."""
    if _AMOUNT.fullmatch(number):
        return True
    return bool(_GROUPED.fullmatch(number) and (_MONEY_BEFORE.search(before) or _MONEY_AFTER.match(after)))


def _masked(number: str, plain: str) -> str:
    country = _COUNTRY.match(plain)
    open_until = country.end() if country else 0
    left = sum(char.isdigit() for char in plain)
    masked: list[str] = []
    for place, (char, twin) in enumerate(zip(number, plain, strict=True)):
        left -= twin.isdigit()
        hide = twin.isdigit() and place >= open_until and left >= _DIGITS_SHOWN
        masked.append("*" if hide else char)
    return "".join(masked)


def _plain(text: str) -> str:
    """The same text, character for character, with digits, blanks and dashes of all scripts as ASCII ones."""
    return text.translate({ord(char): _twin(char) for char in set(text) if not char.isascii() or char == "\t"})


def _twin(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    match unicodedata.category(char):
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _:
            return _LOOKALIKES.get(char, char)
