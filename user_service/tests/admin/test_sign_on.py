import jwt
import pytest
from django.test import Client
from django.urls import reverse

from chassis.staff.middleware import COOKIE
from testkit import tokens
from tests.factories import PASSWORD, a_user
from users.models import User

pytestmark = pytest.mark.django_db
LOGIN, INDEX = "/admin/users/login/", "/admin/users/"


@pytest.fixture
def member():
    return a_user(email="sami@souk.example", is_staff=True, name="Sami")


def sign_in(email="sami@souk.example", password=PASSWORD, *, browser=None, target="", **headers):
    form = {"username": email, "password": password, "next": target}
    return (browser or Client()).post(LOGIN, form, headers=headers)


def test_the_page_is_the_themed_one(client):
    page = client.get(LOGIN, {"next": "/admin/orders/"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "unfold" in text
    assert f'action="{LOGIN}?next=%2Fadmin%2Forders%2F"' in text
    assert "Souk users" in text


def test_a_good_password_gives_the_cookie_for_all_seven_admins(member, settings):
    settings.PRODUCTION = True
    answer = sign_in("SAMI@souk.example")
    assert (answer.status_code, answer["Location"]) == (302, INDEX)
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/", "Strict", 8 * 3600)
    assert cookie["httponly"]
    assert cookie["secure"]
    assert "souk_users_session" not in answer.cookies
    assert jwt.get_unverified_header(cookie.value)["typ"] == "staff+jwt"


def test_the_cookie_says_who_and_which_groups(member, support_group):
    member.groups.add(support_group)
    claims = jwt.decode(sign_in().cookies[COOKIE].value, options={"verify_signature": False})
    assert (claims["sub"], claims["email"], claims["name"]) == (str(member.id), member.email, "Sami")
    assert (claims["superuser"], claims["groups"], claims["aud"]) == (False, ["support"], "souk-staff")


@pytest.fixture
def support_group():
    from django.contrib.auth.models import Group

    return Group.objects.get_or_create(name="support")[0]


def test_with_the_cookie_the_admin_opens(member):
    User.objects.update(is_superuser=True)
    browser = Client()
    sign_in(browser=browser)
    assert browser.get(INDEX).status_code == 200
    again = browser.get(LOGIN, {"next": "/admin/orders/"})
    assert (again.status_code, again["Location"]) == (302, "/admin/orders/")


def test_a_customer_with_a_good_password_is_refused_like_a_wrong_one():
    a_user(email="mira@example.com")
    a_user(email="sami@souk.example", is_staff=True)
    a_user(email="left@souk.example", is_staff=True, is_active=False)
    pages = [
        sign_in("mira@example.com"),
        sign_in("sami@souk.example", "wrong"),
        sign_in("left@souk.example"),
        sign_in("nobody@souk.example"),
    ]
    assert {page.status_code for page in pages} == {200}
    assert not any(COOKIE in page.cookies for page in pages)
    assert len({str(page.context["form"].errors) for page in pages}) == 1


def test_guessing_is_slowed_as_for_customers(member):
    answers = [sign_in(password="wrong", **{"X-Real-IP": "192.0.2.66"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1]["Retry-After"] == "1"
    assert sign_in(**{"X-Real-IP": "192.0.2.1"}).status_code == 302


@pytest.mark.parametrize("target", ["/admin/orders/order/?q=1", "/api/v1/orders/", "/admin/users/"])
def test_signing_in_leads_back_to_the_requested_page(target, member):
    form = {"username": member.email, "password": PASSWORD}
    answer = Client().post(LOGIN, form, query_params={"next": target})
    assert answer["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/admin/",
        "//evil.example/admin/",
        "/\\evil.example/admin/",
        "javascript:alert(1)",
        "/admin//evil.example",
        "/other/",
        "admin/users/",
        "/admin/\r\nX: y",
        "http:///admin/",
        "/adminx/",
        "\t//evil.example/admin/",
        "/api\\admin/",
    ],
)
def test_signing_in_leads_to_no_other_host(target, member):
    form = {"username": member.email, "password": PASSWORD}
    assert sign_in(target=target)["Location"] == INDEX
    assert Client().post(LOGIN, form, query_params={"next": target})["Location"] == INDEX


def test_signing_out_drops_the_cookie(member):
    browser = Client()
    sign_in(browser=browser)
    answer = browser.post(reverse("admin:logout"))
    assert answer.status_code == 302
    assert answer.cookies[COOKIE].value == ""
    assert browser.get(INDEX).status_code == 302


def test_the_page_is_safe_from_forged_posts(member):
    careful = Client(enforce_csrf_checks=True)
    assert sign_in(browser=careful).status_code == 403


def test_a_member_who_has_left_is_out_at_once_here(member):
    browser = Client()
    sign_in(browser=browser)
    User.objects.update(is_active=False)
    assert browser.get(INDEX).status_code == 302


CHECK = "/internal/token-check/"


def test_the_gateway_lets_the_cookie_pass_as_long_as_the_rights_are_those_of_the_account(member, support_group):
    browser = Client()
    assert browser.get(CHECK).status_code == 401
    sign_in(browser=browser)
    assert browser.get(CHECK).status_code == 204
    for change, undo in (
        (lambda: User.objects.update(is_active=False), lambda: User.objects.update(is_active=True)),
        (lambda: User.objects.update(is_staff=False), lambda: User.objects.update(is_staff=True)),
        (lambda: User.objects.update(is_superuser=True), lambda: User.objects.update(is_superuser=False)),
        (lambda: member.groups.add(support_group), lambda: member.groups.clear()),
    ):
        change()
        assert browser.get(CHECK).status_code == 401
        undo()
        assert browser.get(CHECK).status_code == 204
    browser.cookies[COOKIE] = tokens.staff_cookie(member.id, sub="nonsense")
    assert browser.get(CHECK).status_code == 401


def test_staff_whose_rights_have_changed_must_sign_in_again(member, support_group):
    browser = Client()
    sign_in(browser=browser)
    member.groups.add(support_group)
    page = browser.get(LOGIN, {"next": "/admin/orders/"})
    assert page.status_code == 200
    sign_in(browser=browser)
    assert browser.get(CHECK).status_code == 204


@pytest.mark.parametrize("claims", [{"aud": "souk"}, {"iss": "https://elsewhere.example"}, {"sub": "nonsense"}])
def test_a_forged_cookie_opens_nothing(claims, member):
    browser = Client()
    browser.cookies[COOKIE] = tokens.staff_cookie(member.id, **claims)
    assert browser.get(INDEX).status_code == 302


def test_an_access_token_is_no_staff_cookie(member):
    browser = Client()
    browser.cookies[COOKIE] = tokens.access_token(member.id, aud="souk-staff")
    assert browser.get(INDEX).status_code == 302


def test_a_refusal_speaks_to_people(member):
    text = sign_in(password="wrong").content.decode()
    assert "Please enter the correct e-mail address and password for a staff account" in text
