"""The captions of the sample invoices in English and in Russian, and sums of money in Russian words."""

from typing import Literal

Language = Literal["en", "ru"]


CAPTIONS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Invoice",
        "number_of": "Invoice No.",
        "date_of": "Date",
        "due_of": "Payment due",
        "order_of": "Your order",
        "seller_of": "From",
        "buyer_of": "Bill to",
        "item": "Description",
        "amount": "Qty",
        "unit": "Unit",
        "price": "Price",
        "sum": "Amount",
        "subtotal_of": "Subtotal",
        "tax_of": "VAT 20%",
        "total_of": "Total due",
        "pay_to": "Please pay to",
        "signed": "Authorised signature",
        "thanks": "Goods remain our property until paid in full. Queries within 7 days, please.",
    },
    "ru": {
        "title": "Счёт на оплату",
        "number_of": "Счёт №",
        "date_of": "Дата",
        "due_of": "Оплатить до",
        "order_of": "Ваш заказ",
        "seller_of": "Поставщик",
        "buyer_of": "Покупатель",
        "item": "Товары (работы, услуги)",
        "amount": "Кол-во",
        "unit": "Ед.",
        "price": "Цена",
        "sum": "Сумма",
        "subtotal_of": "Итого без НДС",
        "tax_of": "НДС 20%",
        "total_of": "Всего к оплате",
        "pay_to": "Реквизиты для оплаты",
        "signed": "Подпись",
        "thanks": "Счёт действителен в течение пяти банковских дней. Товар отпускается после поступления оплаты.",
    },
}

MONTHS: dict[Language, list[str]] = {
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    "ru": ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
}

_ONES: tuple[str, ...] = (
    "",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
)
_TENS = ("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто")
_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")


def rubles_in_words(kopecks: int) -> str:
    """``123456`` → «Одна тысяча двести тридцать четыре рубля 56 копеек»; below a million rubles."""
    rubles, rest = divmod(kopecks, 100)
    thousands, units = divmod(rubles, 1000)
    words = _below_thousand(thousands, feminine=True)
    words += [_form(thousands, "тысяча", "тысячи", "тысяч")] if thousands else []
    words += _below_thousand(units, feminine=False) or ([] if thousands else ["ноль"])
    words += [_form(units, "рубль", "рубля", "рублей"), f"{rest:02d}", _form(rest, "копейка", "копейки", "копеек")]
    sentence = " ".join(words)
    return sentence[0].upper() + sentence[1:]


def _below_thousand(number: int, feminine: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = (0, rest) if rest < 20 else divmod(rest, 10)
    one = {1: "одна", 2: "две"}.get(ones, _ONES[ones]) if feminine else _ONES[ones]
    return [word for word in (_HUNDREDS[hundreds], _TENS[tens], one) if word]


def _form(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number: 1, 21 · 2 to 4 · 5 to 20 and 0."""
    if 11 <= number % 100 <= 14:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(number % 10, many)
