using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>
/// The framework's handler, for the one request of it that there is: the issuer sends a browser back by GET. A form that somebody posts
/// there is not read.
/// </summary>
internal sealed class OidcHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, ILoggerFactory logs, HtmlEncoder html, UrlEncoder encoder)
    : OpenIdConnectHandler(options, logs, html, encoder)
{
    public override Task<bool> ShouldHandleRequestAsync() =>
        Task.FromResult(HttpMethods.IsGet(Request.Method) && Options.CallbackPath == Request.Path);
}
