using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>The framework's handler, limited to GET: the issuer redirects a browser back. A posted form is not read.</summary>
internal sealed class OidcHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, ILoggerFactory logs, HtmlEncoder html, UrlEncoder encoder)
    : OpenIdConnectHandler(options, logs, html, encoder)
{
    public override Task<bool> ShouldHandleRequestAsync() =>
        Task.FromResult(HttpMethods.IsGet(Request.Method) && Options.CallbackPath == Request.Path);
}
