using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Cookies;

/// <summary>A cookie of the service. It is Secure if the client uses TLS, also if a proxy terminates it.</summary>
internal sealed class OwnCookie : CookieBuilder
{
    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Secure = PublicAddress.Of(context.Request, "/").StartsWith("https:", StringComparison.Ordinal);
        return options;
    }
}
