using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>
/// The cookie that binds a sign-in at a provider to the browser that started it. Each sign-in has a separate cookie, so that sign-ins in
/// two tabs do not interfere.
/// </summary>
internal sealed class SignInCookie(InstanceName instance)
{
    private const int NameDigits = 16;

    public void Add(HttpContext context, string state, string browser)
    {
        var options = Builder(state).Build(context);
        options.MaxAge = ConnectionSignIns.Lifetime;
        context.Response.Cookies.Append(Name(state), browser, options);
    }

    public string? Take(HttpContext context, string state)
    {
        if (context.Request.Cookies[Name(state)] is not { Length: > 0 } browser)
            return null;
        context.Response.Cookies.Delete(Name(state), Builder(state).Build(context));
        return browser;
    }

    // The browser is redirected from another site, so it would not send a Strict cookie.
    private static OwnCookie Builder(string state) => new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", Name = state };

    private string Name(string state) =>
        $"cu_connect_{instance.Value}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..NameDigits]}";
}
