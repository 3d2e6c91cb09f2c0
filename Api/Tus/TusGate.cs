using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// The middleware for /files: 1. adds the version to every answer; 2. answers OPTIONS, also preflights; 3. checks the rules that apply to
/// every request.
/// </summary>
internal sealed class TusGate(RequestDelegate next, TusOptions options, UploadOptions uploads, LimitHeader limits)
{
    // Fields of the IETF draft only; both protocols have Upload-Offset and Upload-Length.
    private static readonly string[] DraftOnlyFields = ["Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version"];

    private static readonly string[] Versioned = [HttpMethods.Head, HttpMethods.Post, HttpMethods.Patch, HttpMethods.Delete];

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(TusRoutes.Root, StringComparison.OrdinalIgnoreCase))
            return next(context);

        // 1. Set it when the response starts, because an error clears earlier headers.
        context.Features.Set(new ErrorProtocol(UploadProtocol.Tus));
        context.Response.OnStarting(static state =>
        {
            ((HttpResponse)state).Headers[TusHeaders.TusResumable] = TusHeaders.Version;
            return Task.CompletedTask;
        }, context.Response);

        // 2. Answers OPTIONS, also preflights.
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            DescribeTus.Write(context.Response.Headers, options, uploads.MaxSize);
            // Add the other protocol's limits: one request suffices for both (T24).
            limits.Write(context.Response.Headers, Resumable.Wire.Dialect.Unnamed, null, null);
            return next(context);
        }

        // 3. Checks the rules that apply to every request.
        return Refuse(context.Request, context.Response) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    }

    private static Refusal? Refuse(HttpRequest request, HttpResponse response) =>
        RefuseOverride(request) ?? RefuseDraft(request) ?? RefuseVersion(request, response);

    // A valid override has already replaced the method.
    private static Refusal? RefuseOverride(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Headers[TusHeaders.MethodOverride].Count > 0
            ? Refusal.Of(RequestError.InvalidHeader, "Send X-HTTP-Method-Override once, with a POST, and set it to PATCH, DELETE or HEAD.")
            : null;

    private static Refusal? RefuseDraft(HttpRequest request)
    {
        foreach (var name in DraftOnlyFields)
        {
            if (request.Headers.ContainsKey(name))
                return Refusal.Of(RequestError.InvalidHeader,
                    $"{name} is a header of resumable uploads of the IETF. Send those to /uploads; /files takes tus.");
        }

        return null;
    }

    private static Refusal? RefuseVersion(HttpRequest request, HttpResponse response)
    {
        if (Array.IndexOf(Versioned, request.Method) < 0 || VersionField.IsSupported(request.Headers[TusHeaders.TusResumable]))
            return null;
        response.Headers[TusHeaders.TusVersion] = TusHeaders.Version;
        return FormUpload.Refuse(request) ?? Refusal.Of(
            RequestError.UnsupportedVersion, $"Send Tus-Resumable: {TusHeaders.Version}; no other version is supported.");
    }
}
