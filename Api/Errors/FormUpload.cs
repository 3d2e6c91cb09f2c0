using ChunkUpload.Api.Hosting;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Errors;

/// <summary>
/// Refuses files inside an HTML form (curl -F): the service does not parse forms, and a stored form is not the intended file.
/// </summary>
internal static class FormUpload
{
    private const string Form = "multipart/form-data";

    /// <returns>Null when the body is not a form.</returns>
    public static Refusal? Refuse(HttpRequest request) => Is(request)
        ? Refusal.Of(RequestError.MediaTypeNotSupported, $"The service does not unpack {Form}.{Hint(request)}")
        : null;

    /// <summary>Returns an additional sentence for a refused request; empty when the body is not a form.</summary>
    public static string Hint(HttpRequest request) => Is(request)
        ? $" Send the file itself as the body instead of a form: curl -T FILE {UploadAddress(request)}"
        : "";

    // Errors never show the token of a link.
    private static string UploadAddress(HttpRequest request) => request.HttpContext.Features.Get<LinkRequest>() is null
        ? PublicAddress.Of(request, "/api/files/")
        : "…/files/ below the link";

    private static bool Is(HttpRequest request) =>
        request.ContentType is { } text
        && MediaTypeHeaderValue.TryParse(text, out var type)
        && type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase);
}
