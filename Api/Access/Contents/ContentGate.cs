using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Access.Contents;

/// <summary>
/// Handles requests to the second origin: 1. a ticket is replaced by the request that it contains, before the address is logged; 2. no
/// cookie is set there; 3. all other addresses return 404.
/// </summary>
internal sealed class ContentGate(RequestDelegate next, ContentOrigin origin)
{
    private static readonly Refusal Absent = Refusal.Of(
        RequestError.NoSuchRoute, "There is nothing at this address, or no longer. Open the file again from the page that showed it.");

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var asked = origin.IsAsked(request);
        // A ticket that a proxy forwards without the original host is refused and not logged.
        if (!asked && !(origin.IsOn && request.Path.StartsWithSegments(ContentOrigin.Root.TrimEnd('/'))))
            return next(context);
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (!asked || !reads || origin.Open(request.Path.Value!) is not { } ticket)
        {
            // 3. All other addresses return 404.
            RequestTarget.Change(context, ContentOrigin.Root, ContentOrigin.Root);
            return Absent.ExecuteAsync(context);
        }

        // 1. A ticket is replaced by the request that it contains, before the address is logged.
        RequestTarget.Change(context, ticket.Path, ticket.Target);
        var query = ticket.Target.IndexOf('?', StringComparison.Ordinal);
        request.QueryString = query < 0 ? QueryString.Empty : new QueryString(ticket.Target[query..]);
        request.Headers.Authorization = default;
        request.Headers.Cookie = ticket.Cookies;
        if (ticket.Link.Length > 0)
            context.Features.Set(new LinkRequest(ticket.Link));

        // 2. No cookie is set there.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Remove(HeaderNames.SetCookie);
            return Task.CompletedTask;
        });
        return next(context);
    }
}
