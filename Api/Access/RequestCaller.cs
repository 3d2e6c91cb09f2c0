using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Runs between authentication and authorization: 1. refuses changes and WebSocket handshakes by cookie that another site's page may have
/// sent; 2. sets the request's <see cref="Caller"/> with the known properties of the client and its network; 3. lists the request, so that
/// it is aborted when its caller loses the right to continue.
/// </summary>
internal sealed class RequestCaller(RequestDelegate next, RunningCallers running)
{
    // This is the only header that a page can set in a WebSocket handshake.
    private const string TokenProtocol = "csrf.";

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is CallerIdentity { Caller: var caller })
        {
            // 1. Only cookies are sent by browsers automatically, never a key in a header.
            if (caller.Credential.Kind == CredentialKind.Session && await RefusalAsync(context) is { } refusal)
            {
                await refusal.ExecuteAsync(context);
                return;
            }

            // 2. Sets the request's Caller with the known properties of the client and its network.
            context.Features.Set(caller with
            {
                Network = ClientHints.Read(context),
                UserAgent = context.Request.Headers.UserAgent.ToString(),
            });
            AnonymousLimit.CallerIsKnown(context);
            Actor.Current = Actor.Of(caller, context.Connection.RemoteIpAddress);

            // 3. Lists the request, so that it is aborted when its caller loses the right to continue.
            if (context.Features.Get<CallerRecheck>() is { } again && !MayEndItsOwnRight(context.GetEndpoint()))
            {
                using (running.Begin(caller, again, static request => ((HttpContext)request).Abort(), context))
                    await RunAsync(context, caller.Tenant);
                return;
            }

            await RunAsync(context, caller.Tenant);
            return;
        }

        await RunAsync(context, "");
    }

    private async Task RunAsync(HttpContext context, string tenant)
    {
        using (RunningRequest.Begin(tenant))
            await next(context);
    }

    // A new password ends the session that may have sent the request, and switching the tenant changes its rights. Such a request is short,
    // and its caller must get the response.
    private static bool MayEndItsOwnRight(Endpoint? endpoint) => endpoint?.Metadata is { } about
        && (about.GetMetadata<IAllowAnonymous>() is not null
            || about.GetMetadata<IAuthorizeData>() is { Policy: AccessPolicy.Self });

    private static async Task<Refusal?> RefusalAsync(HttpContext context)
    {
        var request = context.Request;
        var handshake = IsWebSocketHandshake(request);
        if (!handshake && IsSafe(request.Method))
            return null;
        if (!RequestOrigin.IsOwn(request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);
        if (handshake && ProtocolToken(request) is { } token)
            request.Headers[SessionCookie.TokenHeader] = token;
        try
        {
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
            return null;
        }
        catch (AntiforgeryValidationException)
        {
            return Refusal.Of(
                RequestError.InvalidCsrfToken,
                $"A change by cookie needs the page's antiforgery token in {SessionCookie.TokenHeader}. Load the page again, or send the "
                    + $"key as a Bearer token.");
        }
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    // HTTP/1.1 sends a GET with Upgrade, HTTP/2 an extended CONNECT.
    private static bool IsWebSocketHandshake(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" }
        || request.Headers.Upgrade.Any(value => value?.Contains("websocket", StringComparison.OrdinalIgnoreCase) == true);

    private static string? ProtocolToken(HttpRequest request) => request.Headers.SecWebSocketProtocol
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
        .FirstOrDefault(value => value.StartsWith(TokenProtocol, StringComparison.Ordinal))?[TokenProtocol.Length..];
}
