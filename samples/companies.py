"""Who sells what to whom on the sample invoices, all of it invented.

Towns, tax numbers and accounts do not exist (there is no such region or bank); telephone numbers are from a range kept for
fiction or have an area code that is none, and web addresses are below the reserved domain ``.example``.
"""

from dataclasses import dataclass

from samples.words import Language


@dataclass(frozen=True)
class Goods:
    """One thing a company sells: its unit, and between which prices and amounts it goes."""

    name: str
    unit: str
    price: tuple[float, float]
    amount: tuple[int, int]


@dataclass(frozen=True)
class Party:
    """A company as invoices name it; ``lines`` are its address and tax number."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Seller:
    """A company that writes invoices: always in its one layout, with its own logo, colour, typeface and numbers."""

    party: Party
    language: Language
    layout: str
    colour: str
    logo: str
    font: str
    number: str  # a pattern: {n} the running number, {y} the year's last two digits
    signer: tuple[str, str]  # name and office
    bank: tuple[str, ...]
    goods: tuple[Goods, ...]


_PAPER_EN = (
    Goods("Copy paper A4, 80 g, 500 sheets", "box", (3.9, 5.4), (10, 60)),
    Goods("Lever arch file, 70 mm, blue", "pc", (2.1, 3.2), (5, 40)),
    Goods("Ballpoint pens, black, pack of 12", "pack", (4.2, 6.9), (2, 12)),
    Goods("Window envelopes DL, 500", "box", (18.0, 26.0), (1, 8)),
    Goods("Whiteboard markers, 4 colours", "set", (5.5, 8.0), (2, 10)),
    Goods("Desk stapler with staples", "pc", (8.9, 14.5), (1, 6)),
    Goods("Self-adhesive labels 70 x 37 mm", "pack", (11.0, 15.0), (1, 9)),
    Goods("Suspension files, foolscap, 50", "box", (22.0, 31.0), (1, 4)),
    Goods("Toner cartridge, black, 6,000 pages", "pc", (64.0, 98.0), (1, 5)),
    Goods("Carriage", "trip", (12.0, 12.0), (1, 1)),
)
_KITCHEN_EN = (
    Goods("Buffet lunch, per person", "pers.", (14.5, 18.9), (12, 60)),
    Goods("Sandwich platter, mixed", "tray", (32.0, 41.0), (2, 9)),
    Goods("Coffee and tea service", "hour", (26.0, 34.0), (2, 8)),
    Goods("Seasonal fruit basket", "pc", (18.0, 24.0), (1, 6)),
    Goods("Hire of crockery, 25 covers", "set", (22.5, 29.0), (1, 4)),
    Goods("Still water, 0.5 l, case of 24", "case", (9.6, 13.2), (1, 10)),
    Goods("Waiting staff", "hour", (16.0, 19.5), (4, 24)),
    Goods("Delivery and collection", "trip", (25.0, 35.0), (1, 2)),
)
_WORKS_EN = (
    Goods("Call-out and inspection of boiler", "visit", (75.0, 95.0), (1, 2)),
    Goods("Replacement of expansion valve", "pc", (118.0, 164.0), (1, 2)),
    Goods("Copper pipe 22 mm", "m", (7.4, 9.9), (4, 38)),
    Goods("Labour, fitter", "hour", (46.0, 58.0), (2, 18)),
    Goods("Radiator, double panel, 600 x 1000", "pc", (89.0, 132.0), (1, 7)),
    Goods("Thermostatic valve", "pc", (13.9, 21.0), (2, 12)),
    Goods("Flushing of heating circuit", "job", (210.0, 260.0), (1, 1)),
    Goods("Removal of old fittings", "job", (60.0, 90.0), (1, 1)),
    Goods("Sealant and small parts", "set", (18.5, 27.0), (1, 3)),
)
_FREIGHT_EN = (
    Goods("Pallet, Tarnwick to Oxmere, next day", "pallet", (48.0, 66.0), (1, 12)),
    Goods("Pallet, economy, 3 days", "pallet", (31.0, 42.0), (2, 20)),
    Goods("Tail-lift surcharge", "drop", (9.5, 14.0), (1, 6)),
    Goods("Storage, per pallet and week", "week", (2.8, 3.9), (8, 64)),
    Goods("Fuel surcharge", "run", (17.0, 31.0), (1, 3)),
    Goods("Timed delivery before 10:00", "drop", (22.0, 29.0), (1, 4)),
    Goods("Re-labelling of cartons", "pc", (0.35, 0.6), (40, 300)),
)
_PAPER_RU = (
    Goods("Бумага офисная А4, 80 г/м², 500 л.", "пач.", (289, 379), (10, 80)),
    Goods("Папка-регистратор 75 мм, синяя", "шт.", (184, 259), (5, 40)),
    Goods("Ручка шариковая синяя, 0,7 мм", "шт.", (19, 38), (20, 100)),
    Goods("Конверт С5 с окном, 229 × 162 мм", "шт.", (6, 9), (100, 500)),
    Goods("Картридж лазерный чёрный, 3000 стр.", "шт.", (2190, 3480), (1, 6)),
    Goods("Степлер настольный № 24/6", "шт.", (340, 520), (1, 8)),
    Goods("Скрепки 28 мм, 100 шт.", "уп.", (32, 48), (5, 30)),
    Goods("Файл-вкладыш А4, 100 шт.", "уп.", (169, 239), (2, 20)),
    Goods("Доставка до склада покупателя", "рейс", (900, 900), (1, 1)),
)
_WATER_RU = (
    Goods("Вода питьевая, бутыль 19 л", "шт.", (260, 340), (6, 48)),
    Goods("Кулер напольный с нагревом", "шт.", (9800, 14200), (1, 3)),
    Goods("Стаканы бумажные 200 мл, 100 шт.", "уп.", (210, 290), (2, 12)),
    Goods("Чай чёрный листовой, 250 г", "пач.", (280, 410), (2, 10)),
    Goods("Кофе молотый, 1 кг", "пач.", (1150, 1690), (1, 8)),
    Goods("Санитарная обработка кулера", "усл.", (850, 1100), (1, 4)),
    Goods("Сахар кусковой, 1 кг", "уп.", (96, 128), (2, 12)),
)
_REPAIR_RU = (
    Goods("Выезд мастера и диагностика", "выезд", (1500, 2200), (1, 2)),
    Goods("Замена циркуляционного насоса", "усл.", (4800, 6900), (1, 2)),
    Goods("Труба полипропиленовая 32 мм", "м", (145, 210), (6, 60)),
    Goods("Радиатор биметаллический, 10 секций", "шт.", (8900, 12400), (1, 6)),
    Goods('Кран шаровой 3/4"', "шт.", (560, 890), (2, 14)),
    Goods("Монтаж радиатора отопления", "усл.", (3200, 4100), (1, 6)),
    Goods("Промывка и опрессовка системы", "усл.", (7500, 9800), (1, 1)),
    Goods("Расходные материалы", "компл.", (950, 1800), (1, 3)),
)
_PRINT_RU = (
    Goods("Печать буклетов А4, 4+4, 2 фальца", "шт.", (11, 17), (200, 1000)),
    Goods("Визитные карточки, 300 г/м²", "шт.", (4, 7), (100, 500)),
    Goods("Плакат А1, постерная бумага", "шт.", (390, 560), (2, 20)),
    Goods("Разработка макета", "час", (1400, 1900), (2, 12)),
    Goods("Баннер с люверсами", "м²", (520, 690), (3, 24)),
    Goods("Брошюровка на пружину", "шт.", (75, 120), (10, 80)),
    Goods("Блокнот А5 с логотипом", "шт.", (130, 190), (20, 120)),
)

_BANK_EN = ("Oxmere Mutual Bank", "Sort code 00-0{a[0]}-{a[1]}{a[2]}", "Account 0000{b}")
_BANK_RU = ("АО «Ветлугорский Расчётный Банк», г. Ветлугорск", "БИК 000000{a}", "к/с 3010181000000000{c}", "р/с 4070281000000000{b}")

SELLERS = (
    Seller(
        Party(
            "Quillmere Paper Co. Ltd",
            ("14 Millrace Yard, Tarnwick TN0 4QP", "Tel. 01632 960 118 · quillmere.example", "VAT GB 000 4127 06"),
        ),
        "en",
        "letterhead",
        "#1f4e79",
        "leaf",
        "Carlito",
        "INV-{n}",
        ("E. Marlowen", "Accounts"),
        _BANK_EN,
        _PAPER_EN,
    ),
    Seller(
        Party("Velloway Freight Services", ("Unit 6, Cinder Wharf, Oxmere OX0 9VF", "Tel. 01632 960 547", "VAT GB 000 8830 61")),
        "en",
        "letterhead",
        "#7a2e1d",
        "arrow",
        "Liberation Sans",
        "{n}/{y}",
        ("R. Oddenby", "Transport manager"),
        _BANK_EN,
        _FREIGHT_EN,
    ),
    Seller(
        Party("Brindlecote Catering", ("3 Saltgate Row, Oxmere OX0 2BC", "hello@brindlecote.example", "VAT GB 000 2915 77")),
        "en",
        "banner",
        "#2f6b4f",
        "sun",
        "PT Sans",
        "BC{n}",
        ("J. Tarrowby", "Event office"),
        _BANK_EN,
        _KITCHEN_EN,
    ),
    Seller(
        Party("Norvaley Office Supply", ("88 Lantern Street, Tarnwick TN0 1NS", "sales@norvaley.example", "VAT GB 000 5504 13")),
        "en",
        "banner",
        "#4a3f8c",
        "hexagon",
        "Carlito",
        "NV-{y}-{n}",
        ("P. Quenlow", "Sales ledger"),
        _BANK_EN,
        _PAPER_EN,
    ),
    Seller(
        Party("Ashbrell & Dunmoor Heating", ("Old Forge, Pell Lane, Oxmere OX0 7AD", "Tel. 01632 960 902", "VAT GB 000 7316 40")),
        "en",
        "form",
        "#333333",
        "flame",
        "Liberation Serif",
        "{n}",
        ("T. Ashbrell", "Partner"),
        _BANK_EN,
        _WORKS_EN,
    ),
    Seller(
        Party("Crosswend Haulage", ("Depot 2, Ferry Road, Tarnwick TN0 6CH", "Tel. 01632 960 331", "VAT GB 000 6642 95")),
        "en",
        "form",
        "#22384d",
        "arrow",
        "Liberation Serif",
        "CW {n}",
        ("M. Fellgate", "Depot office"),
        _BANK_EN,
        _FREIGHT_EN,
    ),
    Seller(
        Party("Studio Lindenrow", ("Top floor, 21 Abbot Hill, Tarnwick TN0 3SL", "studio@lindenrow.example", "VAT GB 000 9071 28")),
        "en",
        "minimal",
        "#b3532e",
        "ring",
        "PT Serif",
        "LR-{n}",
        ("C. Lindenrow", "Director"),
        _BANK_EN,
        _KITCHEN_EN,
    ),
    Seller(
        Party("Pellworth Plumbing", ("5 Cooper's Court, Oxmere OX0 5PP", "office@pellworth.example", "VAT GB 000 3348 52")),
        "en",
        "minimal",
        "#1d6f7a",
        "drop",
        "PT Sans",
        "{y}{n}",
        ("D. Pellworth", "Proprietor"),
        _BANK_EN,
        _WORKS_EN,
    ),
    Seller(
        Party(
            "ООО «Ольхавия»",
            ("ИНН 0012345670, КПП 001201001", "000112, г. Каменодольск, ул. Липовая, д. 14, оф. 3", "тел. +7 (000) 210-44-17"),
        ),
        "ru",
        "bank",
        "#2b3f9e",
        "",
        "Liberation Sans",
        "{n}",
        ("Ветлугина Е. А.", "Руководитель"),
        _BANK_RU,
        _PAPER_RU,
    ),
    Seller(
        Party(
            "ООО «Тепловея»", ("ИНН 0087654321, КПП 008701001", "000340, г. Верхнеталинск, пр. Мастеров, д. 7", "тел. +7 (000) 355-08-62")
        ),
        "ru",
        "bank",
        "#33459c",
        "",
        "Liberation Sans",
        "УТ-{n}",
        ("Старогубов И. П.", "Руководитель"),
        _BANK_RU,
        _REPAIR_RU,
    ),
    Seller(
        Party("ООО «Берестель»", ("000218, г. Сосногорьевск, ул. Речная, д. 31", "ИНН 0023417856, КПП 002301001", "berestel.example")),
        "ru",
        "letterhead",
        "#2e6b3a",
        "leaf",
        "Carlito",
        "Б-{n}",
        ("Дымкова О. В.", "Главный бухгалтер"),
        _BANK_RU,
        _PAPER_RU,
    ),
    Seller(
        Party(
            "ООО «Аквалинта»", ("000417, г. Каменодольск, Заводской пер., д. 2", "ИНН 0041178523, КПП 004101001", "тел. +7 (000) 470-19-33")
        ),
        "ru",
        "letterhead",
        "#0b6aa2",
        "drop",
        "Liberation Sans",
        "{n}/{y}",
        ("Ключевской А. Н.", "Директор"),
        _BANK_RU,
        _WATER_RU,
    ),
    Seller(
        Party("ООО «Типография Строколад»", ("000155, г. Верхнеталинск, ул. Печатников, д. 9", "ИНН 0015590347, КПП 001501001")),
        "ru",
        "banner",
        "#8a2447",
        "hexagon",
        "PT Sans",
        "СЛ-{n}",
        ("Лугинин М. С.", "Менеджер"),
        _BANK_RU,
        _PRINT_RU,
    ),
    Seller(
        Party("ИП Родниковский П. Г.", ("000402, г. Сосногорьевск, Озёрная ул., д. 5", "ИНН 004215907733", "rodnik@voda.example")),
        "ru",
        "banner",
        "#1b6f86",
        "sun",
        "Carlito",
        "{y}-{n}",
        ("Родниковский П. Г.", "Предприниматель"),
        _BANK_RU,
        _WATER_RU,
    ),
    Seller(
        Party("ООО «Мастерлад-Ремонт»", ("000331, г. Каменодольск, ул. Кузнечная, д. 18", "ИНН 0033196048, КПП 003301001")),
        "ru",
        "form",
        "#333333",
        "flame",
        "Liberation Serif",
        "{n}",
        ("Ковалихин В. Д.", "Директор"),
        _BANK_RU,
        _REPAIR_RU,
    ),
    Seller(
        Party("АО «Канцсеверина»", ("000127, г. Верхнеталинск, Складская ул., д. 44", "ИНН 0012904415, КПП 001201002")),
        "ru",
        "form",
        "#22384d",
        "ring",
        "Liberation Serif",
        "КС {n}",
        ("Полянская Т. Р.", "Начальник отдела"),
        _BANK_RU,
        _PAPER_RU,
    ),
)

BUYERS: dict[Language, tuple[Party, ...]] = {
    "en": (
        Party("Foxmarsh Primary School", ("Foxmarsh Lane", "Tarnwick TN0 8FM")),
        Party("Harrowick Engineering Ltd", ("Plot 12, Kiln Business Park", "Oxmere OX0 3GE")),
        Party("Hollinquist & Partners, Solicitors", ("2 Market Cross", "Tarnwick TN0 2HP")),
        Party("The Pipwren Theatre Trust", ("Stage Door, Cable Street", "Oxmere OX0 1WT")),
        Party("Mossrill Dental Practice", ("47 Station Parade", "Tarnwick TN0 5MB")),
    ),
    "ru": (
        Party("ООО «Станкозар»", ("000119, г. Каменодольск, Литейная ул., д. 3", "ИНН 0011984207, КПП 001101001")),
        Party("МБОУ «Средняя школа № 204»", ("000236, г. Сосногорьевск, Школьная ул., д. 1", "ИНН 0023671149, КПП 002301002")),
        Party("ООО «Светозодчий-Проект»", ("000342, г. Верхнеталинск, ул. Зодчих, д. 27", "ИНН 0034218860, КПП 003401001")),
        Party("АО «Вагонталин»", ("000121, г. Каменодольск, Путевой пр-д, д. 8", "ИНН 0012177305, КПП 001201003")),
        Party("ООО «Стоматология Эмальвита»", ("000211, г. Сосногорьевск, ул. Садовая, д. 60", "ИНН 0021106654, КПП 002101001")),
    ),
}
