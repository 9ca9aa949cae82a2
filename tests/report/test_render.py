"""The report is one file, and text from the user's data stays text."""

from convscope.report import write_report
from convscope.report.render import render_report

SUMMARY = {
    "title": "<img src=x onerror=alert(1)>",
    "lead": "a & b",
    "facts": ["=HYPERLINK('http://example.com')"],
    "headline": None,
    "sections": [],
    "notes": ["<script>alert(1)</script>"],
    "repeat": {"command": "convscope lab", "details": ""},
}


def test_names_from_the_users_data_are_shown_as_text():
    text = render_report(SUMMARY)
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_report_forbids_itself_any_request():
    assert "default-src 'none'" in render_report(SUMMARY)


def test_the_same_summary_gives_the_same_file(tmp_path):
    write_report(SUMMARY, tmp_path / "a.html")
    write_report(SUMMARY, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
