"""What clients and operators say to one another in the default portal.

Each conversation is a list of (who, text): "c" is the client, "o" the operator.
"""

from collections.abc import Iterator

Talk = list[tuple[str, str]]

ENGLISH: Talk = [
    ("c", "Hello! My order 48213 shows as delivered but nothing arrived."),
    ("o", "Good afternoon, Emily. Let me check the tracking for you."),
    ("c", "You can reach me at emily.carter@example.com or +1 (202) 555-0143."),
    ("o", "Thank you. The carrier left it at a pick-up point: [URL=https://track.example/48213]tracking page[/URL]"),
    ("c", "That is [b]not[/b] what I paid for. I asked for a courier, see https://shop.example/terms"),
    ("o", "I understand. I have asked for a second delivery, free of charge."),
    ("c", "When will it be here?"),
]

RUSSIAN: Talk = [
    ("c", "Здравствуйте! Не могу войти в личный кабинет, пишет «неверный пароль»."),
    ("o", "Добрый день, Ольга! Подскажите, пожалуйста, почту, на которую зарегистрирован кабинет."),
    ("c", "olga.petrova@example.com, телефон +7 (495) 000-12-34"),
    ("o", "Спасибо. Отправила ссылку для сброса пароля, она действует 30 минут."),
    ("c", "Получилось, но теперь не вижу свои прошлые заказы 😕"),
    ("o", "Сейчас передам коллегам из отдела заказов, это займёт около часа."),
    ("c", "Хорошо, жду. И ещё вопрос: когда вернут деньги за заказ №1207?"),
]

ARABIC: Talk = [
    ("c", "مرحباً، أريد تغيير عنوان التوصيل للطلب رقم 5512."),
    ("o", "أهلاً بك يا ليلى. ما هو العنوان الجديد من فضلك؟"),
    ("c", "شارع النخيل 14، الطابق 3، دبي. رقم الهاتف +971 4 000 1234"),
    ("o", "تم تحديث العنوان، وسيصل الطلب يوم الأحد."),
    ("c", "شكراً جزيلاً! هل يمكنني الدفع عند الاستلام؟"),
]

# Characters that show nothing, or turn the reading direction: zero-width space and joiner, byte order mark,
# right-to-left override and isolates, a tag character.
TRICKY = (
    "Please send the invoice to \u202emoc.elpmaxe@em\u202c, account 40817\u200b810\u200d00\ufeff12"
    "\u2066 (hidden)\u2069\U000e0041 \u00ad!"
)

LONG_MESSAGE = "Here is my log:\n" + "\n".join(
    f"2026-03-01 10:{index % 60:02d}:07 worker-{index % 7}: request {4000 + index} took {index * 13 % 900} ms"
    for index in range(120)
)

_QUESTIONS = (
    "The printer in room {n} shows error E-{n} again.",
    "Rebooted it, the same thing. Serial number is PX-{n}-77.",
    "Here is what the screen shows, step {n}.",
    "Is there a newer driver than 4.{n}?",
    "Can I print from the phone in the meantime?",
)
_ANSWERS = (
    "Please open the front cover and close it again (step {n}).",
    "Driver 4.{n} is the latest: https://support.example/drivers/{n}",
    "Noted for ticket T-{n}, thank you.",
    "Could you send a photo of the label?",
)


def printer_talk(length: int) -> Iterator[tuple[str, str]]:
    """Yield a conversation of any length about a printer."""
    for index in range(length):
        number = index // 2 + 1
        if index % 2:
            yield "o", _ANSWERS[number % len(_ANSWERS)].format(n=number)
        else:
            yield "c", _QUESTIONS[number % len(_QUESTIONS)].format(n=number)
