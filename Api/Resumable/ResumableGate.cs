using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// The middleware for /uploads: 1. reads the client's version; 2. adds the headers that every answer has; 3. responds to OPTIONS, also for
/// the whole server; 4. refuses requests of tus clients.
/// </summary>
internal sealed class ResumableGate(RequestDelegate next, LimitHeader limits)
{
    // Fields of tus only; both protocols have Upload-Offset and Upload-Length.
    private static readonly string[] TusOnlyFields = ["Tus-Resumable", "Upload-Concat", "Upload-Checksum"];

    // tus-js-client and Uppy also send these with draft versions, which they always name. The first describes the file, the second is
    // redundant there.
    private static readonly string[] SentByTusClients = [ResumableHeaders.UploadMetadata, "Upload-Defer-Length"];

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

        // 1. A request to an upload's own address uses resumption. A creation must contain a field of the protocol, which may be invalid.
        var isVersionSupported = VersionField.Read(request.Headers[ResumableHeaders.InteropVersion], out var named);
        var creates = HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method);
        var resumes = !creates || request.Headers.ContainsKey(ResumableHeaders.UploadComplete)
            || request.Headers.ContainsKey(ResumableHeaders.UploadIncomplete);
        var resumable = new ResumableRequest(isVersionSupported, named) { Dialect = resumes ? named ?? Dialect.Unnamed : null };
        context.Features.Set(resumable);
        context.Features.Set(new ErrorProtocol(UploadProtocol.Ietf) { KnowsType = type => resumable.Dialect?.Knows(type) != false });

        // 2. Set them when the response starts, because an error clears earlier headers.
        context.Response.OnStarting(() =>
        {
            Finish(context.Response, resumable);
            return Task.CompletedTask;
        });

        // 3. Responds to OPTIONS, also for the whole server.
        if (HttpMethods.IsOptions(request.Method))
        {
            DescribeLimits.Write(context.Response.Headers, named ?? Dialect.Unnamed, limits);
            return next(context);
        }

        // 4. Refuses requests of tus clients.
        return RefuseTus(request.Headers, named) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    }

    private void Finish(HttpResponse response, ResumableRequest resumable)
    {
        // The response to an ordinary upload that is too large also contains the limit.
        if (ExceedsLimit(response))
            limits.Write(
                response.Headers, resumable.Dialect ?? Dialect.Unnamed, null, response.HttpContext.Features.Get<Caller>());
        if (resumable.Dialect is not { } dialect)
            return;
        if (resumable.Named is { } named)
            response.Headers[ResumableHeaders.InteropVersion] = named.Number;
        if (response.StatusCode < StatusCodes.Status400BadRequest)
            return;
        // A failure here is not the target's answer (R90), unless a handler has set the field.
        if (!response.Headers.ContainsKey(dialect.StateHeader))
            dialect.WriteComplete(response.Headers, complete: false);
    }

    private static bool ExceedsLimit(HttpResponse response) =>
        response.StatusCode == StatusCodes.Status413PayloadTooLarge
        || (response.StatusCode == StatusCodes.Status400BadRequest
            && response.Headers[Refusal.CodeHeader] == ErrorTable.Of(RequestError.TooSmall).Code);

    // OPTIONS * (R21).
    private static bool IsAboutTheServer(HttpContext context) =>
        HttpMethods.IsOptions(context.Request.Method) && context.Features.Get<IHttpRequestFeature>()?.RawTarget == "*";

    private static Refusal? RefuseTus(IHeaderDictionary headers, Dialect? named)
    {
        foreach (var name in named is null ? TusOnlyFields.Concat(SentByTusClients) : TusOnlyFields)
        {
            if (headers.ContainsKey(name))
                return Refusal.Of(RequestError.InvalidHeader,
                    $"{name} is a header of tus. Send tus requests to /files; /uploads takes resumable uploads of the IETF.");
        }

        return null;
    }
}
