using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Cookies;

/// <summary>A cookie of ours: Secure wherever the client uses TLS, also with a proxy in front of the service.</summary>
internal sealed class OwnCookie : CookieBuilder
{
    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Secure = PublicAddress.Of(context.Request, "/").StartsWith("https:", StringComparison.Ordinal);
        return options;
    }
}
