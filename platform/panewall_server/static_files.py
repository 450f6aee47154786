"""WhiteNoise under ASGI: whole answers in place of file iterators.

Django reads a plain iterator to its end before it sends the first byte over ASGI, and warns about it. The files
are small and read-only, so they are read here, and the answer knows its length.
"""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):
    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        answer = HttpResponse(body, status=int(found.status))
        del answer["Content-Type"]  # it comes with the other headers, or not at all (304)
        for name, value in found.headers:
            answer[name] = value
        return answer
