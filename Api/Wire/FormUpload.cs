using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Files inside an HTML form (curl -F): nothing here unpacks forms, and a form stored as it came is not the file that was meant.
/// </summary>
internal static class FormUpload
{
    private const string Form = "multipart/form-data";

    /// <returns>Null for a body that is no form.</returns>
    public static Refusal? Refuse(HttpRequest request) => Is(request)
        ? Refusal.Of(RequestError.MediaTypeNotSupported, $"The service does not unpack {Form}.{Hint(request)}")
        : null;

    /// <summary>A further sentence for a request that is refused for another reason; empty for a body that is no form.</summary>
    public static string Hint(HttpRequest request) => Is(request)
        ? $" Send the file itself as the body instead of a form: curl -T FILE {PublicAddress.Of(request, "/api/files/")}"
        : "";

    private static bool Is(HttpRequest request) =>
        request.ContentType is { } text
        && MediaTypeHeaderValue.TryParse(text, out var type)
        && type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase);
}
