using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access.Links;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Removes the token from the address of a request below /l/{token}, before it is logged, counted or routed: 1. recognize the address; 2.
/// read the token from the request line as it was sent; 3. keep the path that follows. Within the service, endpoints for links only have
/// paths below /l/, which no client can address directly.
/// </summary>
internal sealed class LinkGate(RequestDelegate next)
{
    private static readonly string[] OwnParts = ["about", "password", "content", "archive.zip", "tree"];

    // A path that no endpoint has.
    private const string Nowhere = LinkRequest.Root + "/-";

    public Task InvokeAsync(HttpContext context)
    {
        // 1. On the origin of contents, the token came with the ticket.
        if (!context.Request.Path.StartsWithSegments(LinkRequest.Root, StringComparison.OrdinalIgnoreCase)
            || context.Features.Get<LinkRequest>() is not null)
            return next(context);

        // 2. Accept only this form: other encodings or dot segments would leave the token in the path.
        var path = context.Request.Path.Value!;
        if (TokenOf(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, out var rest) is not { } token
            || !path.StartsWith($"{LinkRequest.Root}/{token}", StringComparison.Ordinal))
        {
            context.Features.Set(new LinkRequest(""));
            var where = PlaceOf(path);
            RequestTarget.Change(context, where, where);
            return next(context);
        }

        // 3. Keep the path that follows.
        context.Features.Set(new LinkRequest(token));
        path = path[(LinkRequest.Root.Length + 1 + LinkToken.Length)..];
        var prefix = IsOwn(path, context.Request.Method) ? LinkRequest.Root : "";
        RequestTarget.Change(
            context,
            path.Length == 0 ? LinkRequest.Root + "/page"
            : prefix.Length == 0 && new PathString(path).StartsWithSegments(LinkRequest.Root, StringComparison.OrdinalIgnoreCase) ? Nowhere
            : prefix + path,
            prefix + rest);
        return next(context);
    }

    /// <summary>Mail programs may truncate an address; for a partial token, the page says that there is no such link.</summary>
    private static string PlaceOf(string path) => path.Split('/') switch
    {
        [_, _, _] => LinkRequest.Root + "/page",
        [_, _, _, "about"] => LinkRequest.Root + "/about",
        _ => Nowhere,
    };

    private static string? TokenOf(string target, out string rest)
    {
        rest = "";
        var start = target.StartsWith('/') ? 0 : PathStart(target);
        var end = start + LinkRequest.Root.Length + 1 + LinkToken.Length;
        if (start < 0 || end > target.Length || !target.AsSpan(start).StartsWith(LinkRequest.Root + "/", StringComparison.Ordinal)
            || (end < target.Length && target[end] is not ('/' or '?')))
            return null;
        rest = target[end..];
        var token = target[(end - LinkToken.Length)..end];
        return LinkToken.IsWellFormed(token) ? token : null;
    }

    private static bool IsOwn(string path, string method)
    {
        if (path.Length == 0)
            return true;
        var first = path.Split('/')[1];
        // A file in one request; tus has no PUT.
        return OwnParts.Contains(first, StringComparer.Ordinal) || (first == "files" && HttpMethods.IsPut(method));
    }

    // The request line of a request to a proxy contains the whole address.
    private static int PathStart(string target)
    {
        var host = target.IndexOf("://", StringComparison.Ordinal);
        return host < 0 ? -1 : target.IndexOf('/', host + 3);
    }
}
