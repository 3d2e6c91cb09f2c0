using System.Net;
using System.Text;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// The middleware for /dav: 1. responds to OPTIONS at /, which Windows sends first; 2. refuses requests of other sites' pages; 3. ignores
/// cookies; 4. accepts a key as the password of HTTP Basic over a private connection; 5. sends the challenge for it there.
/// </summary>
internal sealed class DavGate(RequestDelegate next, OperatorKey operatorKey)
{
    private const string Basic = "Basic ";
    private const string Challenge = "Basic realm=\"ChunkUpload\", charset=\"UTF-8\"";

    // A Bearer token that is not a key, so it is refused like an unknown key.
    private const string NoKey = "Bearer -";

    private static readonly string[] SignsOfProxy = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!DavRoutes.Has(request))
        {
            // 1. Responds to OPTIONS at /, which Windows sends first.
            if (request.Path != "/" || !HttpMethods.IsOptions(request.Method) || Preflight.Is(request))
                return next(context);
            DescribeDav.Write(context.Response);
            return Task.CompletedTask;
        }

        // 2. Browsers store a password and send it with requests of any page.
        if (IsForeign(request))
            return Refusal.Of(RequestError.ForbiddenOrigin, "Pages of other sites may not use /dav.").ExecuteAsync(context);

        // 3. Ignores cookies.
        request.Headers.Cookie = default;
        var isPrivate = IsPrivate(context);
        var authorization = request.Headers.Authorization;
        if (authorization is [{ } one] && one.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            // 4. Accepts a key as the password of HTTP Basic over a private connection.
            if (!isPrivate)
                return RefuseOpen(context);
            request.Headers.Authorization = PasswordOf(one) is { } password
                && (KeySecret.IsWellFormed(password) || operatorKey.Matches(password)) ? "Bearer " + password : NoKey;
        }
        else if (authorization.Count == 0 && !isPrivate && !HttpMethods.IsOptions(request.Method))
        {
            return RefuseOpen(context);
        }

        // 5. Sends the challenge for it there.
        if (isPrivate)
            context.Response.OnStarting(static state => ChallengeAsync((HttpResponse)state), context.Response);
        return next(context);
    }

    private static Task ChallengeAsync(HttpResponse response)
    {
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = Challenge;
        return Task.CompletedTask;
    }

    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site))
            return site is not (["same-origin"] or ["none"]);
        return request.Headers.Origin.Count > 0 && !RequestOrigin.IsOwn(request);
    }

    /// <summary>Returns whether the password was sent over TLS, directly or to a trusted proxy, or from this machine.</summary>
    private static bool IsPrivate(HttpContext context)
    {
        if (context.Features.Get<ProxiedRequest>() is not null)
            return context.Features.Get<PublicUrl>() is { Scheme: "https" };
        return context.Request.IsHttps
            || (context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
                && !SignsOfProxy.Any(context.Request.Headers.ContainsKey));
    }

    private static Task RefuseOpen(HttpContext context) => Refusal.Of(
        RequestError.TlsNeeded,
        "Here a password could be read on its way. Use the service's https address for a drive; behind a proxy, set Proxy:Trusted.")
        .ExecuteAsync(context);

    /// <summary>Returns the password of a Basic header; null if the header is malformed. The user name is ignored.</summary>
    private static string? PasswordOf(string header)
    {
        var text = header.AsSpan(Basic.Length).Trim(' ');
        var bytes = new byte[(text.Length * 3 / 4) + 3];
        if (!Convert.TryFromBase64Chars(text, bytes, out var count))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, count);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }
}
