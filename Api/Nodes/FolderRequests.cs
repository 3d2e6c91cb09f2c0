using System.Net;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Nodes;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Nodes;

/// <summary>
/// Requests about a folder that is on the machine of another node. The node that got such a request sends it there; the other one answers
/// it with its whole pipeline, and so checks the client's rights itself.
/// </summary>
internal sealed class FolderRequests(OtherFolders folders, NodeLinks links, IServiceScopeFactory scopes)
{
    // They belong to one connection, or are read anew by the other node.
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Host", "Content-Length", "Forwarded",
        "Date", "Server", NodeSignature.Header, RequestId.Header,
    };

    private RequestDelegate? _pipeline;

    /// <summary>Middleware at the beginning of the pipeline, which remembers the rest.</summary>
    public RequestDelegate Begin(RequestDelegate next) => _pipeline = next;

    /// <summary>Middleware before the endpoints. It costs nothing while no other node has a folder.</summary>
    public Task SendElsewhereAsync(HttpContext context, RequestDelegate next) =>
        folders.All.Count == 0 ? next(context) : AnswerOrSendAsync(context, next);

    private async Task AnswerOrSendAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (FolderElsewhereException elsewhere) when (!context.Response.HasStarted)
        {
            if (IsForwarded(context))
            {
                await Refusal.Of(
                    RequestError.ConnectionFailed,
                    $"The folder {elsewhere.Name} is on another machine than the other side. Copy by way of files of this service.")
                    .ExecuteAsync(context);
            }
            else if (elsewhere.Node.Trouble != FolderNode.NotRunning
                && links.Find(elsewhere.Node.Id) is { } link
                && await link.ForwardAsync(Read(context), context.RequestAborted) is { } answer)
            {
                await WriteAsync(answer, context);
            }
            else
            {
                await Refusal.Of(
                    UploadError.Elsewhere,
                    $"The folder {elsewhere.Name} is on the machine of the node {elsewhere.Node.Name}, which does not answer.")
                    .ExecuteAsync(context);
            }
        }
    }

    /// <summary>Answers a request of another node's client.</summary>
    public async Task AnswerAsync(HttpContext context, ForwardedRequest forwarded)
    {
        await using var scope = scopes.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        context.Features.Set(new Forwarded());
        context.Connection.RemoteIpAddress = IPAddress.TryParse(forwarded.Address, out var address) ? address : null;
        var request = context.Request;
        (request.Method, request.Path, request.QueryString) = (forwarded.Method, forwarded.Path, new QueryString(forwarded.Query));
        request.Headers.Clear();
        foreach (var (name, values) in forwarded.Headers)
            request.Headers[name] = new StringValues(values);
        // The host is a header, too.
        (request.Scheme, request.Host) = (forwarded.Scheme, new HostString(forwarded.Host ?? ""));
        request.Body = new MemoryStream(forwarded.Body, writable: false);
        request.ContentLength = forwarded.Body.Length > 0 ? forwarded.Body.Length : null;
        context.Response.OnStarting(
            () =>
            {
                context.Response.Headers[NodeSignature.Header] = "answer";
                return Task.CompletedTask;
            });
        await _pipeline!(context);
    }

    /// <summary>Whether the request came from another node.</summary>
    public static bool IsForwarded(HttpContext context) => context.Features.Get<Forwarded>() is not null;

    private static ForwardedRequest Read(HttpContext context)
    {
        var request = context.Request;
        var outside = context.Features.Get<PublicUrl>();
        var headers = request.Headers
            .Where(header => !Own.Contains(header.Key) && !header.Key.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key, header => header.Value.Select(value => value ?? "").ToArray());
        headers[RequestId.Header] = [context.TraceIdentifier];
        return new ForwardedRequest(
            request.Method, request.Path, request.QueryString.Value ?? "", outside?.Scheme ?? request.Scheme,
            outside?.Host ?? request.Host.Value, context.Connection.RemoteIpAddress?.ToString(), headers,
            SmallBody.Of(context));
    }

    private static async Task WriteAsync(ForwardedAnswer answer, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        foreach (var (name, values) in answer.Headers.Where(header => !Own.Contains(header.Key)))
            response.Headers[name] = new StringValues(values);
        response.ContentLength = answer.Body.Length;
        if (!HttpMethods.IsHead(context.Request.Method) && answer.Body.Length > 0)
            await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private sealed class Forwarded;
}
