"""API tokens: their form, what is stored, when they stop."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import keys, principals, tokens
from apps.accounts.models import ApiToken
from apps.accounts.principals import Principal, resolve_bearer
from apps.errors import Invalid, Unauthorized
from tests.support.cast import Cast

LETTERS = st.sampled_from(keys.BASE62)


@given(st.text(keys.BASE62, min_size=8, max_size=8), st.text(keys.BASE62, min_size=40, max_size=40))
def test_every_token_has_the_documented_form(public, secret):
    text = f"pw_{public}_{secret}"
    raw = text + tokens.check_of(text)
    assert tokens.PATTERN.fullmatch(raw)
    assert tokens.is_well_formed(raw)


@given(st.integers(0, 57), LETTERS)
def test_one_wrong_character_is_noticed_without_a_look_up(place, letter):
    raw = tokens.new_raw_token()
    wrong = raw[:place] + letter + raw[place + 1 :]
    assert tokens.is_well_formed(wrong) == (wrong == raw)


@given(st.text(max_size=80))
def test_no_other_text_is_taken_for_a_token(text):
    assert not tokens.is_well_formed(text)


@given(st.integers(0, 2**32 - 1))
def test_base_62_keeps_every_number_apart(number):
    digits = keys.base62(number, width=6)
    assert len(digits) == 6
    assert sum(keys.BASE62.index(digit) * 62**place for place, digit in enumerate(reversed(digits))) == number


def test_tokens_differ():
    assert len({tokens.new_raw_token() for _ in range(100)}) == 100


def test_a_token_is_known_by_its_owner_and_scope(cast: Cast):
    token, raw = tokens.create_token(user=cast.member, name="gpu-3", scope="read", workspace=cast.team)
    assert tokens.find_principal(raw) == Principal(
        kind="token",
        user_id=cast.member.pk,
        username="mika",
        scope="read",
        workspace_id=cast.team.pk,
        token_id=token.pk,
    )
    assert tokens.find_principal(raw).key == f"token:{token.pk}"


def test_the_database_holds_nothing_that_opens_a_door(cast: Cast):
    token, raw = tokens.create_token(user=cast.member, name="gpu-3")
    token.refresh_from_db()
    stored = {field.name: str(getattr(token, field.name)) for field in ApiToken._meta.concrete_fields}
    assert raw not in stored.values()
    assert keys.digest_of(raw) not in stored.values()
    assert token.hint == raw[:11]
    with pytest.raises(Unauthorized):
        tokens.find_token(token.hash)


def refusal(find, *args, **kwargs) -> str:
    with pytest.raises(Unauthorized) as refused:
        find(*args, **kwargs)
    assert refused.value.status == 401
    return refused.value.code


def test_an_unknown_token_is_refused(db):
    assert refusal(tokens.find_principal, tokens.new_raw_token()) == "token_unknown"


@pytest.mark.parametrize("raw", ["", "x", "pw_", "pw_12345678_" + "0" * 46, "pé" * 30, "a" * 64, "pw_\x00"])
def test_what_is_no_token_is_refused_without_a_query(raw, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert refusal(tokens.find_principal, raw) == "token_unknown"


def test_an_expired_token_is_refused(cast: Cast):
    token, raw = tokens.create_token(
        user=cast.member, name="x", expires_at=timezone.now() + timedelta(hours=1)
    )
    assert tokens.find_principal(raw).user_id == cast.member.pk
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert refusal(tokens.find_principal, raw) == "token_expired"


def test_a_revoked_token_is_refused_at_once(cast: Cast):
    token, raw = tokens.create_token(user=cast.member, name="x")
    assert resolve_bearer(raw).token_id == token.pk
    tokens.revoke_token(token=token)
    assert refusal(resolve_bearer, raw) == "token_revoked"
    first = token.revoked_at
    tokens.revoke_token(token=token)
    assert token.revoked_at == first


def test_the_tokens_of_a_switched_off_account_are_refused_at_once(cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    resolve_bearer(raw)
    cast.member.is_active = False
    cast.member.save()
    assert refusal(resolve_bearer, raw) == "token_revoked"


def test_the_tokens_of_a_deleted_account_are_gone(cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    resolve_bearer(raw)
    cast.member.delete()
    assert refusal(resolve_bearer, raw) == "token_unknown"


# -- The digest that the visdom wire's client sends


def test_the_digest_of_a_token_opens_the_wire_under_its_owners_name(cast: Cast):
    token, raw = tokens.create_token(user=cast.member, name="x")
    found = tokens.find_principal_by_digest(username="mika", digest=keys.digest_of(raw))
    assert found == Principal.of_token(token)


def test_the_digest_under_another_name_is_refused(cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    digest = keys.digest_of(raw)
    assert refusal(tokens.find_principal_by_digest, username="olive", digest=digest) == "token_unknown"


def test_the_digest_is_no_bearer(cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    assert refusal(resolve_bearer, keys.digest_of(raw)) == "token_unknown"


def test_the_token_itself_is_no_digest(cast: Cast):
    _, raw = tokens.create_token(user=cast.member, name="x")
    assert refusal(tokens.find_principal_by_digest, username="mika", digest=raw) == "token_unknown"


def test_a_revoked_token_closes_the_wire_too(cast: Cast):
    token, raw = tokens.create_token(user=cast.member, name="x")
    tokens.revoke_token(token=token)
    digest = keys.digest_of(raw)
    assert refusal(tokens.find_principal_by_digest, username="mika", digest=digest) == "token_revoked"


# -- Looking it up costs little


def test_finding_a_token_is_one_query(cast: Cast, django_assert_num_queries):
    _, raw = tokens.create_token(user=cast.member, name="x")
    with django_assert_num_queries(1):
        tokens.find_token(raw)


def test_a_burst_of_requests_costs_one_look_up(cast: Cast, django_assert_num_queries):
    _, raw = tokens.create_token(user=cast.member, name="x")
    first = resolve_bearer(raw)
    with django_assert_num_queries(0):
        assert all(resolve_bearer(raw) == first for _ in range(100))


def test_a_change_that_sends_no_signal_is_seen_within_a_second(cast: Cast, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(principals.time, "monotonic", lambda: now[0])
    token, raw = tokens.create_token(user=cast.member, name="x")
    resolve_bearer(raw)
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    now[0] += 0.9
    resolve_bearer(raw)
    now[0] += 0.1
    assert refusal(resolve_bearer, raw) == "token_revoked"


def test_the_cache_does_not_outlive_a_token(cast: Cast, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(principals.time, "monotonic", lambda: now[0])
    soon = timezone.now() + timedelta(milliseconds=600)
    token, raw = tokens.create_token(user=cast.member, name="x", expires_at=soon)
    resolve_bearer(raw)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    now[0] += 0.7
    assert refusal(resolve_bearer, raw) == "token_expired"


def test_a_look_up_that_overlaps_a_change_is_not_kept():
    cache = principals.PrincipalCache()
    before, after = (Principal(kind="user", user_id=number) for number in (1, 2))

    def find_during_a_change(_):
        cache.clear()  # the rows changed after they were read
        return before, None

    assert cache.resolve("token", "raw", find_during_a_change) == before
    assert cache.resolve("token", "raw", lambda _: (after, None)) == after


def test_use_is_noted_at_most_once_a_minute(cast: Cast, django_assert_num_queries):
    token, raw = tokens.create_token(user=cast.member, name="x")
    assert token.last_used_at is None
    tokens.find_principal(raw)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        tokens.find_principal(raw)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(seconds=61))
    tokens.find_principal(raw)
    token.refresh_from_db()
    assert token.last_used_at >= first


# -- Making one


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 101}),
        ("scope", {"scope": "everything"}),
        ("expires_at", {"expires_at": timezone.now() - timedelta(seconds=1)}),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_by_field(cast: Cast, field, options):
    with pytest.raises(Invalid) as refused:
        tokens.create_token(**{"user": cast.member, "name": "x", **options})
    assert list(refused.value.fields) == [field]
    assert not ApiToken.objects.exists()


def test_a_token_for_somebody_elses_workspace_is_refused(cast: Cast):
    with pytest.raises(Invalid) as refused:
        tokens.create_token(user=cast.stranger, name="x", workspace=cast.team)
    assert list(refused.value.fields) == ["workspace"]
