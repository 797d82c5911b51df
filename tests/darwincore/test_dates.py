"""Dates: what was written, what is read."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from darwincore.dates import Point, day_of_year, month_number, parse_date, point, time_of

READ = """
1998-02-28                    1998-02-28                day
1998-2-8                      1998-02-08                day
1998-02                       1998-02                   month
1998                          1998                      year
1998/02/28                    1998-02-28                day
1998/05                       1998-05                   month
1998.02.28                    1998-02-28                day
19980228                      1998-02-28                day
1998-059                      1998-02-28                day
2008-00-20                    2008                      year
2008-05-00                    2008-05                   month
000-00-1940                   1940                      year
00-000-1983                   1983                      year
?/?/1976                      1976                      year
2015-07-18T12:58:00+00:00     2015-07-18                day
2015-07-18 12:58              2015-07-18                day
2015-07-18T1258Z              2015-07-18                day
12/31/1999 11:59 PM           1999-12-31                day
14 Jul 1932                   1932-07-14                day
14.vii.1932                   1932-07-14                day
14. VII. 1932.                1932-07-14                day
VII-14-1932                   1932-07-14                day
Jul-15-1949                   1949-07-15                day
July 14, 1932                 1932-07-14                day
1932 July 14                  1932-07-14                day
28jun2000                     2000-06-28                day
3rd of May 1932               1932-05-03                day
14 de julio de 1932           1932-07-14                day
14 de março de 1932           1932-03-14                day
1er janvier 1900              1900-01-01                day
3. März 1871                  1871-03-03                day
3 août 1871                   1871-08-03                day
12 maggio 1901                1901-05-12                day
12 dez 1901                   1901-12-12                day
July 1932                     1932-07                   month
XII. 1983                     1983-12                   month
08.2006                       2006-08                   month
1904 Jan                      1904-01                   month
June -. 1919                  1919-06                   month
00 May 1932                   1932-05                   month
Summer 1996                   1996                      year
28/02/1998                    1998-02-28                day
02/28/1998                    1998-02-28                day
08.08.2006                    2006-08-08                day
16.1.2001                     2001-01-16                day
2008-05-03/2008-05-12         2008-05-03/2008-05-12     interval
2008-05-03/12                 2008-05-03/2008-05-12     interval
2008-05-28/06-02              2008-05-28/2008-06-02     interval
2008-05/07                    2008-05/2008-07           interval
1998/1999                     1998/1999                 interval
1925-26                       1925/1926                 interval
1925-1926                     1925/1926                 interval
1896-04-00 / 1896-05-00       1896-04/1896-05           interval
2008-05-03/2008-05-03         2008-05-03                day
12-14 May 1932                1932-05-12/1932-05-14     interval
12–14 May 1932                1932-05-12/1932-05-14     interval
29-31-VII-1996                1996-07-29/1996-07-31     interval
July 28-29, 2016              2016-07-28/2016-07-29     interval
27/30.iv.1995                 1995-04-27/1995-04-30     interval
14.VI-5.VIII.1987             1987-06-14/1987-08-05     interval
Mar 30-Apr 1, 2016            2016-03-30/2016-04-01     interval
May-June 1932                 1932-05/1932-06           interval
February and March 1914       1914-02/1914-03           interval
X.1991- I. 1992               1991-10/1992-01           interval
3 May 1932 - 5 June 1932      1932-05-03/1932-06-05     interval
14.08 - 18.08.2006            2006-08-14/2006-08-18     interval
1932 May 3-5                  1932-05-03/1932-05-05     interval
1932 May 3 - June 5           1932-05-03/1932-06-05     interval
1932 May-June                 1932-05/1932-06           interval
between 3 and 5 May 1932      1932-05-03/1932-05-05     interval
1932/33                       1932/1933                 interval
spring-summer 2000-2003       2000/2003                 interval
winter 1932/33                1932/1933                 interval
1932 or 1933                  1932/1933                 interval
1930s                         1930/1939                 interval
early 1930's                  1930/1939                 interval
193-                          1930/1939                 interval
193X                          1930/1939                 interval
18--                          1800/1899                 interval
1800s                         1800/1899                 interval
19th century                  1801/1900                 interval
siglo XIX                     1801/1900                 interval
XIXe siècle                   1801/1900                 interval
19. Jahrhundert               1801/1900                 interval
early May 1932                1932-05                   month
mid-June 1980                 1980-06                   month
finales de mayo de 1932       1932-05                   month
1932-05-XX                    1932-05                   month
1932-XX-XX                    1932                      year
spring-summer 2000            2000                      year
Monday 3 May 1932             1932-05-03                day
Sat., 4 June 1904             1904-06-04                day
21_12_1978                    1978-12-21                day
21121978                      1978-12-21                day
12211978                      1978-12-21                day
1932年5月3日                     1932-05-03                day
3 мая 1932 г.                 1932-05-03                day
3 mei 1932                    1932-05-03                day
5 Ağustos 1932                1932-08-05                day
12. elokuuta 1932             1932-08-12                day
29-30.07.1986                 1986-07-29/1986-07-30     interval
from 3 to 5 May 1932          1932-05-03/1932-05-05     interval
- 3 May 1932                  1932-05-03                day
3 May 1932..                  1932-05-03                day
//1932                        1932                      year
"""


def _lines(table):
    return [line.rsplit(None, 2) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("text", "iso", "precision"), _lines(READ))
def test_notation_is_read(text, iso, precision):
    period, code = parse_date(text)
    assert (str(period), code) == (iso, "")
    assert period.precision == precision


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31/02/1998", "INVALID"),
        ("1998-02-30", "INVALID"),
        ("2008-13-01", "INVALID"),
        ("13/13/1998", "INVALID"),
        ("August 18", "INVALID"),
        ("20.vii.??", "INVALID"),
        ("ca. 1932", "INVALID"),
        ("before 1-mar-2010", "INVALID"),
        ("1932?", "INVALID"),
        ("36526", "INVALID"),
        ("8888", ""),
        ("X.Xii.1910", "INVALID"),
        ("08.08.200", "INVALID"),
        ("date unknown, rec'd 2 june 1890", "INVALID"),
        ("14.x.60", "DATE_TWO_DIGIT_YEAR"),
        ("9/4/36", "DATE_TWO_DIGIT_YEAR"),
        ("18-Aug-22", "DATE_TWO_DIGIT_YEAR"),
        ("Feb. 80", "DATE_TWO_DIGIT_YEAR"),
        ("XII.89-II.1990", "DATE_TWO_DIGIT_YEAR"),
        ("14 listopad 1932", "INVALID"),  # October in Croatian, November in Polish
        ("end of February", "INVALID"),
        ("30th century", "INVALID"),
        ("until 1999", "INVALID"),
        ("bis Mai 1999", "INVALID"),
        ("from 1999", "INVALID"),
        ("desde 3 mayo 1999", "INVALID"),
        ("May 1999 to", "INVALID"),
        ("../1999", "INVALID"),
        ("1999/..", "INVALID"),
        ("1999/", "INVALID"),
        ("/1999", "INVALID"),
        ("1999-", "INVALID"),
        ("3 May 1999 –", "INVALID"),
        ("27.XII.90-6.I.1991", "DATE_TWO_DIGIT_YEAR"),
        ("16-9-I-1982", "DATE_RANGE_REVERSED"),
        ("2020-10-02/2020-09-01", "DATE_RANGE_REVERSED"),
    ],
)
def test_what_is_no_date_is_not_made_one(text, code):
    period, found = parse_date(text)
    assert found == code
    assert (period is None) == bool(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s.d.",
        "s. d.",
        "n.d.",
        "no date",
        "undated",
        "sin fecha",
        "000-00-0000",
        "0000-00-00",
        "0/0/0",
        "?/?",
    ],
)
def test_words_for_no_date_are_no_date_and_no_fault(text):
    assert parse_date(text) == (None, "")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("05/07/2024", "2024"),
        ("03.06.1898", "1898"),
        ("7/?/1977", "1977"),
        ("05071978", "1978"),
        ("3-4-1911", "1911"),
    ],
)
def test_a_day_that_could_be_two_keeps_its_year_alone(text, year):
    period, code = parse_date(text)
    assert (str(period), code) == (year, "DATE_AMBIGUOUS")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1999-07-12T02:00Z", "02:00Z"),
        ("1999-07-12 14:30:05.5+02:00", "14:30:05.5+02:00"),
        ("1999-07-12T1430", "1430"),
        ("1999-07-12T00:00:00Z", ""),
        ("1999-07-12T00:00", ""),
        ("1999-07-12 00:00:00.000", ""),
        ("1999-07-12T00:05", "00:05"),
        ("1999-07-12", ""),
        ("1999-07", ""),
    ],
)
def test_time_of_a_date_unless_it_is_the_midnight_of_databases(text, time):
    assert time_of(text) == time


def test_first_and_last_possible_day():
    period = parse_date("2008-02").period
    assert (period.start, period.end) == (date(2008, 2, 1), date(2008, 2, 29))
    period = parse_date("1998/1999").period
    assert (period.start, period.end) == (date(1998, 1, 1), date(1999, 12, 31))


def test_parts_on_which_an_interval_agrees():
    assert parse_date("2008-05-03/12").period.single == (2008, 5, 0)
    assert parse_date("2008-05-28/06-02").period.single == (2008, 0, 0)
    assert parse_date("1998/1999").period.single == (0, 0, 0)


def test_point_is_in_the_calendar_or_none():
    assert point(2008, 2, 29) == Point(2008, 2, 29)
    assert point(2007, 2, 29) is None
    assert point(2007, 0, 29) == Point(2007)
    assert point(198) is None


def test_day_of_year_ends_with_the_year():
    assert day_of_year(2008, 366) == (2008, 12, 31)
    assert day_of_year(2007, 366) is None
    assert day_of_year(9999, 365) == (9999, 12, 31)
    assert day_of_year(2007, 0) is None


def test_month_by_number_numeral_or_name():
    assert [month_number(text) for text in ("7", "VII", "julio", "Jul.", "13", "")] == [
        7, 7, 7, 7, None, None,
    ]  # fmt: skip


@given(st.text(max_size=40) | st.from_regex(r"[0-9./ IVXa-z?-]{1,24}", fullmatch=True))
@example("9999-12-31/9999-12-31")
@example("0000")
@example("٣٣٣٣-٠٢")
def test_reading_never_raises_and_its_result_reads_the_same(text):
    period, code = parse_date(text)
    if period is None:
        return
    assert period.start <= period.end
    assert parse_date(str(period)) == (period, "")
    assert code in ("", "DATE_AMBIGUOUS")


@given(st.dates(min_value=date(1000, 1, 1)))
def test_no_more_is_read_than_was_written(day):
    months = "January May July".split()
    assert parse_date(f"{day:%Y-%m-%d}").period.start == day
    assert parse_date(str(day.year).zfill(4)).period.precision == "year"
    assert parse_date(f"{day:%Y-%m}").period.precision == "month"
    assert parse_date(f"{months[day.month % 3]} {day.year}").period.precision == "month"
    period, code = parse_date(f"{day.day:02}/{day.month:02}/{day.year}")
    assert period.start <= day <= period.end
    assert (period.precision == "day") == (day.day > 12 or day.day == day.month)
    assert (code == "") == (period.precision == "day")


@given(
    st.sampled_from("{0}0s|{0}-|{0}X|{0}?|the {0}0s|early {0}0s".split("|")),
    st.integers(101, 202).filter(lambda decade: decade % 10),
)
def test_decade_is_its_ten_years(written, decade):
    period = parse_date(written.format(decade)).period
    assert (period.start, period.end) == (date(decade * 10, 1, 1), date(decade * 10 + 9, 12, 31))


@given(
    st.dates(date(1600, 1, 1), date(2025, 12, 31)).filter(lambda day: day.year % 100),
    st.sampled_from("%d.%m.%y|%d %b %y|%b %d, '%y|%m/%d/%y|%d-%b-%y".split("|")),
)
def test_century_is_never_made_up(day, written):
    period, code = parse_date(f"{day:{written}}")
    assert period is None
    assert code == "DATE_TWO_DIGIT_YEAR"


@given(
    st.dates(date(1600, 1, 1), date(2025, 12, 31)),
    st.sampled_from("%B %Y|early %B %Y|%b. %Y|00 %b %Y|%Y %B|%Y-%m-XX|?.%m.%Y".split("|")),
)
def test_day_is_never_made_up(day, written):
    period, _ = parse_date(f"{day:{written}}")
    assert period.precision in ("month", "year")
    assert period.start <= day <= period.end
