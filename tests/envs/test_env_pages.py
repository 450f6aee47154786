"""The pages that show envs, by who asks."""

import base64
import hashlib
import json
import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.envs import arrangements, links, selectors
from apps.envs.models import Env, ShareLink, View
from apps.envs.views import COMPARED
from apps.windows.models import Window
from tests.support.cast import Cast


def boot_of(answer) -> dict:
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', answer.content.decode())
    return json.loads(found[1])


def listed(answer) -> list[str]:
    return [f"{row['workspace']}/{row['name']}" for row in answer.context["envs"]]


# -- Home


def test_home_lists_what_one_may_see_the_latest_first(cast: Cast, as_user):
    cast.run.updated_at = timezone.now()
    cast.run.save()
    assert listed(as_user(cast.viewer).get("/")) == ["team/run_1", "vera/main"]
    assert listed(as_user(cast.stranger).get("/")) == ["sten/main"]


def test_home_searches_names_workspaces_and_tags(cast: Cast, as_user):
    Env.objects.create(workspace=cast.team, name="resnet", tags=["baseline", "größer"])
    browser = as_user(cast.owner)
    for query, expected in {
        "RESNET": ["team/resnet"],
        "baseline": ["team/resnet"],
        "größer": ["team/resnet"],
        "team res": ["team/resnet"],
        "olive": ["olive/main"],
        "100%": [],
        "sten": [],
    }.items():
        answer = browser.get("/", {"q": query})
        assert listed(answer) == expected
        assert answer.context["query"] == query


def test_home_has_pages(cast: Cast, as_user):
    Env.objects.bulk_create(Env(workspace=cast.team, name=f"n{number:03}") for number in range(60))
    browser = as_user(cast.owner)
    pages = [listed(browser.get("/", {"page": page, "q": "n0"})) for page in (1, 2)]
    assert [len(page) for page in pages] == [50, 10]
    assert not set(pages[0]) & set(pages[1])
    for odd in ("x", "-1", "999"):
        assert browser.get("/", {"page": odd}).status_code == 200


def test_home_costs_the_same_for_one_env_and_for_fifty(cast: Cast, as_user, django_assert_max_num_queries):
    browser = as_user(cast.owner)
    Env.objects.bulk_create(Env(workspace=cast.team, name=f"n{number:03}") for number in range(60))
    with django_assert_max_num_queries(8):
        browser.get("/")


def test_home_counts_the_windows_that_are_open(cast: Cast, as_user):
    for number, closed in enumerate((None, None, timezone.now())):
        Window.objects.create(env=cast.run, key=f"w{number}", kind="text", place=number, deleted_at=closed)
    rows = {row["name"]: row["window_count"] for row in as_user(cast.owner).get("/").context["envs"]}
    assert rows == {"run_1": 2, "main": 0}


# -- The wall


def test_the_wall_starts_from_what_the_server_knows(cast: Cast, as_user):
    boot = boot_of(as_user(cast.member).get("/w/team/env/run_1?win=loss"))
    version = boot.pop("version")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version)
    assert boot == {
        "env": "team/run_1",
        "base_url": "",
        "live_url": "/ws/live",
        "files_url": f"/f/{cast.run.pk}/",
        "api_url": "/api/v1",
        "style_url": None,
        "role": "editor",
        "user": {"name": "mika"},
        "readonly": False,
        "shared": False,
        "window": "loss",
        "layout": {},
        "looks": {},
        "pins": {"pins": [], "follow": None},
    }


def test_the_wall_brings_the_persons_own_arrangement_and_no_script_waits_for_it(cast: Cast, as_user):
    mine = {"loss": {"x": 0, "y": 0, "w": 4, "h": 8}}
    arrangements.save_layout(env=cast.run, user_id=cast.member.pk, layout=mine)
    page = as_user(cast.member).get("/w/team/env/run_1")
    assert boot_of(page)["layout"] == mine
    assert "no-store" in page["Cache-Control"], "an older arrangement must not come back with the page"
    assert boot_of(as_user(cast.owner).get("/w/team/env/run_1"))["layout"] == {}


def test_the_wall_brings_the_persons_own_pins(cast: Cast, as_user):
    pin = {"env": "team/run_1", "scope": "panel", "card": "val", "step": 7, "index": 0, "source": "manual"}
    viewer = as_user(cast.viewer)
    kept = viewer.put(
        "/api/v1/pins?env=team/run_1", {"pins": [pin], "follow": None}, content_type="application/json"
    )
    assert kept.status_code == 200, kept.content
    assert boot_of(viewer.get("/w/team/env/run_1"))["pins"] == kept.json()
    assert boot_of(as_user(cast.owner).get("/w/team/env/run_1"))["pins"] == {"pins": [], "follow": None}


@pytest.mark.parametrize("path", ["/w/team/env/run_1", "/w/team/env/run_2", "/w/nowhere/env/run_1"])
def test_a_hidden_wall_looks_like_a_missing_one(cast: Cast, as_user, path):
    answer = as_user(cast.stranger).get(path)
    assert answer.status_code == 404
    assert "run_" not in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["a b", "ü?#%", "it's", "<script>alert(1)</script>".replace("/", "|"), "a&b=c"]
)
def test_any_name_has_an_address(cast: Cast, as_user, name):
    env = Env.objects.create(workspace=cast.team, name=name)
    answer = as_user(cast.owner).get(selectors.env_url(env))
    assert boot_of(answer)["env"] == f"team/{name}"


# -- The short address


def test_the_short_address_leads_to_my_own_env_first(cast: Cast, as_user):
    Env.objects.create(workspace=cast.team, name="main")
    assert as_user(cast.member).get("/env/main?win=x")["Location"] == "/w/mika/env/main?win=x"


def test_the_short_address_leads_to_the_one_i_may_see(cast: Cast, as_user):
    assert as_user(cast.viewer).get("/env/run_1")["Location"] == "/w/team/env/run_1"
    assert as_user(cast.stranger).get("/env/run_1").status_code == 404


def test_the_short_address_asks_when_there_are_several(cast: Cast, as_user):
    other = services.create_team(name="another", manager=cast.viewer)
    Env.objects.create(workspace=other, name="run_1")
    answer = as_user(cast.viewer).get("/env/run_1?win=x")
    assert [choice["url"] for choice in answer.context["choices"]] == [
        "/w/another/env/run_1?win=x",
        "/w/team/env/run_1?win=x",
    ]


# -- Shared pages


@pytest.fixture
def shared(cast: Cast) -> str:
    return links.create_link(envs=[cast.run], created_by=cast.owner)[1]


@pytest.mark.parametrize("who", [None, "stranger", "owner"])
def test_on_a_shared_page_the_link_is_the_only_one_who_asks(cast: Cast, as_user, shared, who):
    answer = as_user(who and getattr(cast, who)).get(f"/s/{shared}/")
    boot = boot_of(answer)
    assert (boot["role"], boot["user"], boot["shared"]) == ("viewer", None, True)
    assert (boot["live_url"], boot["api_url"]) == (f"/s/{shared}/ws/live", f"/s/{shared}/api/v1")
    assert boot["files_url"] == f"/s/{shared}/"
    assert answer.wsgi_request.user.is_anonymous
    for name in ("olive", "sten"):
        assert name not in answer.content.decode()


def test_a_shared_address_is_kept_from_others(cast: Cast, shared):
    answer = Client().get(f"/s/{shared}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]


def test_below_a_link_there_is_nothing_of_the_visitor(cast: Cast, as_user, shared):
    browser = as_user(cast.owner)
    for path in ("settings/tokens", "w/team/env/run_1", "admin/", "accounts/login/"):
        assert browser.get(f"/s/{shared}/{path}").status_code == 404


def test_a_link_that_ended_says_so(cast: Cast, as_user, shared):
    links.revoke_link(link=ShareLink.objects.get())
    for who in (None, cast.owner):
        answer = as_user(who).get(f"/s/{shared}/")
        assert answer.status_code == 404
        assert "no longer works" in answer.content.decode()
        assert "olive" not in answer.content.decode()
    answer = Client().get(f"/s/{shared}/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# -- The page of share links

LINKS = "/settings/links"


def test_a_manager_makes_a_link_and_sees_its_address_once(cast: Cast, as_user):
    browser = as_user(cast.owner)
    answer = browser.post(LINKS, {"env": cast.run.pk, "name": "board", "expires": "7"})
    address = answer.context["new_link"]
    assert address.startswith("http://testserver/s/")
    assert boot_of(Client().get(address))["env"] == "team/run_1"
    assert address not in browser.get(LINKS).content.decode()
    assert [row["link"].name for row in browser.get(LINKS).context["links"]] == ["board"]


@pytest.mark.parametrize("who", ["member", "viewer", "stranger"])
def test_others_make_no_links_of_it(cast: Cast, as_user, who):
    answer = as_user(getattr(cast, who)).post(LINKS, {"env": cast.run.pk, "expires": "7"})
    assert answer.status_code == 400
    assert not ShareLink.objects.exists()


def test_managers_see_and_revoke_every_link_of_their_envs(cast: Cast, as_user, shared):
    link = ShareLink.objects.get()
    for who in ("member", "viewer", "stranger"):
        browser = as_user(getattr(cast, who))
        assert list(browser.get(LINKS).context["links"]) == []
        assert browser.post(LINKS, {"revoke": link.pk}).status_code == 404
    services.set_role(workspace=cast.team, user=cast.member, role="manager")
    browser = as_user(cast.member)
    assert [row["link"] for row in browser.get(LINKS).context["links"]] == [link]
    assert browser.post(LINKS, {"revoke": link.pk}).status_code == 302
    cache.clear()
    assert Client().get(f"/s/{shared}/").status_code == 404


# -- What the wall's page brings along


def test_a_wall_announces_what_draws_its_windows(cast: Cast, as_user):
    def announced() -> list[str]:
        return as_user(cast.owner).get("/w/team/env/run_1").context["parts"]

    assert announced() == ["src/shell/App.svelte"]
    Window.objects.create(env=cast.run, key="loss", kind=Window.Kind.PLOT)
    Window.objects.create(env=cast.run, key="acc", kind=Window.Kind.PLOT)
    Window.objects.create(env=cast.run, key="gone", kind=Window.Kind.IMAGE, deleted_at=timezone.now())
    assert announced() == ["src/shell/App.svelte", "src/plots/figure.ts"]


def test_a_comparison_announces_what_draws_the_windows_of_its_first_env(cast: Cast, as_user):
    Window.objects.create(env=cast.run, key="samples", kind=Window.Kind.IMAGE)

    def announced(*envs: str) -> list[str]:
        page = as_user(cast.owner).get("/compare", {"env": envs})
        return [part for part in page.context["parts"] if part not in COMPARED]

    assert announced("team/run_1", "team/gone") == ["src/compare/CellsBody.svelte"]
    assert announced("team/gone", "team/run_1") == []


def test_the_script_that_stands_in_pages_is_the_one_that_the_policy_allows(cast: Cast, as_user):
    answer = as_user(cast.owner).get("/")
    inline = re.findall(r"<script>(.*?)</script>", answer.content.decode(), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    allowed = re.search(r"script-src ([^;]*)", answer.headers["Content-Security-Policy"])[1].split()
    assert allowed == ["'self'", *(f"'sha256-{one}'" for one in hashes)]


# -- Shared comparisons and views


@pytest.fixture
def other(cast: Cast) -> Env:
    """An env of another workspace, whose manager is the owner, too."""
    lab = services.create_team(name="lab", manager=cast.owner)
    return Env.objects.create(workspace=lab, name="run_2")


def test_a_shared_comparison_starts_from_what_its_creator_may_still_see(cast: Cast, other: Env):
    pins = [{"env": env, "step": 5} for env in ("lab/run_2", "team/run_1", "team/elsewhere")]
    cards = {"val": {"step": 5, "samples": {"lab/run_2": 1, "team/run_1": 2}}}
    state = {"pins": pins, "follow": None, "steps": {"cards": cards}, "filter": "val"}
    _, raw = links.create_link(envs=[other, cast.run], created_by=cast.owner, state=state)
    boot = boot_of(Client().get(f"/s/{raw}/"))
    assert boot["compare"] == ["lab/run_2", "team/run_1"]
    assert (boot["shared"], boot["user"], boot["role"], boot["canShare"]) == (True, None, "viewer", False)
    assert (boot["live_url"], boot["api_url"]) == (f"/s/{raw}/ws/live", f"/s/{raw}/api/v1")
    assert "table" not in boot, "the runs table is of a workspace, which a link does not show"
    assert boot["left_out"] == 0
    assert [pin["env"] for pin in boot["state"]["pins"]] == ["lab/run_2", "team/run_1"]
    Env.objects.filter(pk=other.pk).update(name="renamed")
    boot = boot_of(Client().get(f"/s/{raw}/"))
    assert boot["compare"] == ["lab/renamed", "team/run_1"]
    assert boot["state"]["pins"][0]["env"] == "lab/renamed"
    assert boot["state"]["steps"]["cards"]["val"]["samples"] == {"lab/renamed": 1, "team/run_1": 2}
    services.add_member(workspace=other.workspace, user=cast.stranger, role="manager")
    services.remove_member(workspace=other.workspace, user=cast.owner)
    page = Client().get(f"/s/{raw}/")
    boot = boot_of(page)
    assert (boot["compare"], boot["left_out"]) == (["team/run_1"], 1)
    assert [pin["env"] for pin in boot["state"]["pins"]] == ["team/run_1"]
    for told in ("lab/", "renamed", "run_2"):
        assert told not in page.content.decode(), "nothing of an env that its creator may no longer see"


def test_a_shared_comparison_tells_no_titles_of_what_is_left_out(cast: Cast, other: Env):
    """They are in what the link carries: places, cards, settings of plots, and what pins leave alone."""
    Window.objects.create(env=cast.run, key="loss", title="Loss", kind="plot", place=0)
    layout = {"plot:title:Loss": {"x": 0}, "plot:title:Loss#2": {"x": 1}, "plot:title:Secret": {"x": 2}}
    state = {
        "filter": "Secret|Loss",
        "layout": layout,
        "pins": [{"env": "team/run_1", "card": "Loss", "except": ["Secret", "Loss"]}],
        "follow": {"metric": "Secret"},
        "steps": {"scope": "page", "cards": {"Loss": {"step": 1}, "Secret": {}}, "zoom": {"Secret": None}},
        "metrics": {
            "page": {"smoothing": "ema", "x": "metric:Secret"},
            "panes": {"metric:key:loss": {"logY": True}, "metric:key:Secret": {"logY": True}},
        },
    }
    _, raw = links.create_link(envs=[other, cast.run], created_by=cast.owner, state=state)
    assert boot_of(Client().get(f"/s/{raw}/"))["state"] == state
    Env.objects.filter(pk=other.pk).update(deleted_at=timezone.now())
    page = Client().get(f"/s/{raw}/")
    assert "Secret" not in page.content.decode()
    assert boot_of(page)["state"] == {
        "layout": {"plot:title:Loss": {"x": 0}, "plot:title:Loss#2": {"x": 1}},
        "pins": [{"env": "team/run_1", "card": "Loss", "except": ["Loss"]}],
        "follow": None,
        "steps": {"scope": "page", "cards": {"Loss": {"step": 1}}},
        "metrics": {"page": {"smoothing": "ema"}, "panes": {"metric:key:loss": {"logY": True}}},
    }


def test_the_list_of_links_names_what_each_shows(cast: Cast, as_user, other: Env):
    View.objects.create(env=cast.run, name="day")
    links.create_link(envs=[cast.run], created_by=cast.owner, view="day")
    links.create_link(envs=[cast.run, other], created_by=cast.owner)
    text = as_user(cast.owner).get(LINKS).content.decode()
    for said in ("View “day” of", "Comparison of 2 envs", "run_1", "run_2"):
        assert said in text
    services.set_role(workspace=cast.team, user=cast.member, role="manager")
    text = as_user(cast.member).get(LINKS).content.decode()
    assert "Comparison of 2 envs" in text
    assert "1 deleted, or not yours to see" in text
    assert "run_2" not in text
    assert "lab" not in re.sub(r"label", "", text)


def test_a_comparison_says_whether_its_envs_may_all_be_shared(cast: Cast, as_user, other: Env):
    services.add_member(workspace=other.workspace, user=cast.member, role="viewer")
    address = "/compare?env=team/run_1&env=lab/run_2"
    assert boot_of(as_user(cast.owner).get(address))["canShare"]
    assert not boot_of(as_user(cast.member).get(address))["canShare"]
    services.set_role(workspace=cast.team, user=cast.member, role="manager")
    assert not boot_of(as_user(cast.member).get(address))["canShare"], "of one of the two only"


def test_a_link_through_a_view_opens_with_it(cast: Cast):
    View.objects.create(env=cast.run, name="day")
    _, raw = links.create_link(envs=[cast.run], created_by=cast.owner, view="day")
    boot = boot_of(Client().get(f"/s/{raw}/"))
    assert (boot["env"], boot["view"]) == ("team/run_1", "day")
