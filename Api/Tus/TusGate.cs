using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// In front of everything under /files: what each answer has, whoever makes it, and what each request must say before anybody looks at
/// more of it. 1. the version on every answer; 2. what OPTIONS tells, also to a preflight; 3. the rules of every request.
/// </summary>
internal sealed class TusGate(RequestDelegate next, TusOptions options, UploadOptions uploads, LimitHeader limits)
{
    // Only the IETF draft has these; Upload-Offset and Upload-Length are in both.
    private static readonly string[] OfTheDraft = ["Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version"];

    private static readonly string[] Versioned = [HttpMethods.Head, HttpMethods.Post, HttpMethods.Patch, HttpMethods.Delete];

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(TusRoutes.Root, StringComparison.OrdinalIgnoreCase))
            return next(context);

        // 1. At the last moment, because a failure clears what was set before.
        context.Features.Set(new ErrorFace(UploadProtocol.Tus));
        context.Response.OnStarting(static state =>
        {
            ((HttpResponse)state).Headers[TusHeaders.TusResumable] = TusHeaders.Version;
            return Task.CompletedTask;
        }, context.Response);

        // 2.
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            DescribeTus.Write(context.Response.Headers, options, uploads);
            // The other protocol's limits too: one question is enough for both (T24).
            limits.Write(context.Response.Headers, Resumable.Wire.Dialect.Unnamed, null);
            return next(context);
        }

        // 3.
        return Refuse(context.Request, context.Response) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    }

    private static Refusal? Refuse(HttpRequest request, HttpResponse response) =>
        RefuseOverride(request) ?? RefuseDraft(request) ?? RefuseVersion(request, response);

    // One that could be followed has replaced the method by now.
    private static Refusal? RefuseOverride(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Headers[TusHeaders.MethodOverride].Count > 0
            ? Refusal.Of(RequestError.InvalidHeader, "Send X-HTTP-Method-Override once, with a POST, and set it to PATCH, DELETE or HEAD.")
            : null;

    private static Refusal? RefuseDraft(HttpRequest request)
    {
        foreach (var name in OfTheDraft)
        {
            if (request.Headers.ContainsKey(name))
                return Refusal.Of(RequestError.InvalidHeader,
                    $"{name} is a header of resumable uploads of the IETF. Send those to /uploads; /files takes tus.");
        }

        return null;
    }

    private static Refusal? RefuseVersion(HttpRequest request, HttpResponse response)
    {
        if (Array.IndexOf(Versioned, request.Method) < 0 || VersionField.IsSpoken(request.Headers[TusHeaders.TusResumable]))
            return null;
        response.Headers[TusHeaders.TusVersion] = TusHeaders.Version;
        return Refusal.Of(RequestError.UnsupportedVersion, $"Send Tus-Resumable: {TusHeaders.Version}; no other version is supported.");
    }
}
