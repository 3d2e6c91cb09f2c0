using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// In front of everything under /uploads: 1. the version that the client names; 2. what each answer has, whoever makes it; 3. what OPTIONS
/// tells, also of the whole server; 4. requests that belong to tus.
/// </summary>
internal sealed class ResumableGate(RequestDelegate next, LimitHeader limits)
{
    // Only tus has these; Upload-Offset and Upload-Length are in both.
    private static readonly string[] OfTus = ["Tus-Resumable", "Upload-Concat", "Upload-Checksum"];

    // tus-js-client and Uppy send these in the drafts as well, which they always name: the one describes the file, the other says what
    // goes without saying there.
    private static readonly string[] OfItsClients = [ResumableHeaders.UploadMetadata, "Upload-Defer-Length"];

    public Task InvokeAsync(HttpContext context)
    {
        if (IsAboutTheServer(context))
        {
            DescribeLimits.Write(context.Response.Headers, Dialect.Unnamed, limits);
            return Task.CompletedTask;
        }

        var request = context.Request;
        if (!request.Path.StartsWithSegments(ResumableRoutes.Root, StringComparison.OrdinalIgnoreCase))
            return next(context);

        // 1. What goes to an upload's own address is about resuming by that alone; a creation has to say so, if only in words that nobody
        // reads.
        var spoken = VersionField.Read(request.Headers[ResumableHeaders.InteropVersion], out var named);
        var creates = HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method);
        var resumes = !creates || request.Headers.ContainsKey(ResumableHeaders.UploadComplete)
            || request.Headers.ContainsKey(ResumableHeaders.UploadIncomplete);
        var exchange = new ResumableRequest(spoken, named) { Dialect = resumes ? named ?? Dialect.Unnamed : null };
        context.Features.Set(exchange);
        context.Features.Set(new ErrorFace(UploadProtocol.Ietf) { Knows = type => exchange.Dialect?.Knows(type) != false });

        // 2. At the last moment, because a failure clears what was set before.
        context.Response.OnStarting(() =>
        {
            Finish(context.Response, exchange);
            return Task.CompletedTask;
        });

        // 3.
        if (HttpMethods.IsOptions(request.Method))
        {
            DescribeLimits.Write(context.Response.Headers, named ?? Dialect.Unnamed, limits);
            return next(context);
        }

        // 4.
        return RefuseTus(request.Headers, named) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    }

    private void Finish(HttpResponse response, ResumableRequest exchange)
    {
        // An ordinary upload that is too large is told the limit too.
        if (PassesLimit(response))
            limits.Write(response.Headers, exchange.Dialect ?? Dialect.Unnamed, null);
        if (exchange.Dialect is not { } dialect)
            return;
        if (exchange.Named is { } named)
            response.Headers[ResumableHeaders.InteropVersion] = named.Number;
        if (response.StatusCode < StatusCodes.Status400BadRequest)
            return;
        // Whatever fails here has not been answered by the target (R90), unless it was.
        if (!response.Headers.ContainsKey(dialect.StateHeader))
            dialect.WriteComplete(response.Headers, complete: false);
    }

    private static bool PassesLimit(HttpResponse response) =>
        response.StatusCode == StatusCodes.Status413PayloadTooLarge
        || (response.StatusCode == StatusCodes.Status400BadRequest
            && response.Headers[Refusal.CodeHeader] == ErrorTable.Of(RequestError.TooSmall).Code);

    // OPTIONS * (R21).
    private static bool IsAboutTheServer(HttpContext context) =>
        HttpMethods.IsOptions(context.Request.Method) && context.Features.Get<IHttpRequestFeature>()?.RawTarget == "*";

    private static Refusal? RefuseTus(IHeaderDictionary headers, Dialect? named)
    {
        foreach (var name in named is null ? OfTus.Concat(OfItsClients) : OfTus)
        {
            if (headers.ContainsKey(name))
                return Refusal.Of(RequestError.InvalidHeader,
                    $"{name} is a header of tus. Send tus requests to /files; /uploads takes resumable uploads of the IETF.");
        }

        return null;
    }
}
