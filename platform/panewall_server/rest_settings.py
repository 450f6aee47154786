"""How REST behaves: the settings of DRF and of its OpenAPI document. settings.py takes both dicts in.

Nothing of Django is imported here, so that settings can be read before Django is set up.
"""

__all__ = ["REST_FRAMEWORK", "SPECTACULAR_SETTINGS"]

REST_FRAMEWORK = {
    # The order matters: a link hides everybody else, and a token goes before the session that may come along.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "panewall_server.api.LinkAuthentication",
        "panewall_server.api.BearerAuthentication",
        "panewall_server.api.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["panewall_server.api.PrincipalThrottle"],
    "DEFAULT_PARSER_CLASSES": ["apps.accounts.api.wire.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.accounts.api.wire.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.accounts.api.wire.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "panewall_server.api_schema.Schema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is answered 405: the OpenAPI document says what there is
    "EXCEPTION_HANDLER": "panewall_server.api.answer_error",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` belongs to the addresses that document it
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Panewall",
    "DESCRIPTION": (
        "Everything but the live sockets: envs, their windows and points, views, links and tokens.\n\n"
        "Send `Authorization: Bearer <token>`. A signed-in browser may use its session instead, with the header "
        "`X-CSRFToken` on writes.\n\n"
        "Every refusal is `{code, detail, fields}`: a stable word, a sentence for people, and the reasons by field. "
        "What is hidden from you looks like what is missing: 404.\n\n"
        "An env is addressed as `workspace/name`, each part percent-encoded; a window by its key, percent-encoded."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # what a PATCH takes has a serializer of its own
    # A share link is no scheme to choose: a shared page's REST lies below the link's own address.
    "AUTHENTICATION_WHITELIST": [
        "panewall_server.api.BearerAuthentication",
        "panewall_server.api.PageSessionAuthentication",
    ],
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "panewall_server.api_schema.describe_doors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "apps.accounts.models.Role",
        "ScopeEnum": "apps.accounts.models.Scope",
        "EnvStatusEnum": "apps.envs.models.Env.Status",
        "RunStatusEnum": ["running", "finished", "failed"],
        "WorkspaceKindEnum": "apps.accounts.models.Workspace.Kind",
        "PrincipalKindEnum": ["user", "token", "link"],
        "WindowKindEnum": "apps.windows.models.Window.Kind",
    },
    # Swagger's files come from the package beside drf-spectacular: no page asks another host for anything.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayOperationId": False, "validatorUrl": None},
    "OAS_VERSION": "3.1.0",
}
