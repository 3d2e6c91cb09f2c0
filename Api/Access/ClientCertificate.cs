using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Access;

/// <summary>
/// The name in a client's certificate, which the handshake has verified. The certificate of a request from a web page is ignored: browsers
/// also send it with requests of other sites, which could misuse it.
/// </summary>
/// <param name="Name">A user's name, or key: with the id of an API key.</param>
internal sealed record ClientCertificate(string Name, string Tenant, string Thumbprint)
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";
    private const string KeyPrefix = "key:";
    private const string SentByPage = "Sec-Fetch-Site";

    public static ClientCertificate? Of(HttpContext context)
    {
        if (context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate
            || context.Request.Headers.ContainsKey(HeaderNames.Origin) || context.Request.Headers.ContainsKey(SentByPage))
            return null;
        return Part(certificate, CommonName) is { Length: > 0 } name
            ? new ClientCertificate(
                SignInCheck.Folded(name), Part(certificate, Organization) ?? Caller.DefaultTenant, certificate.Thumbprint)
            : null;
    }

    /// <summary>Returns the caller, or null if that user or key may not use the tenant.</summary>
    public Task<Caller?> CallerAsync(Credentials credentials, CancellationToken cancellationToken) =>
        Name.StartsWith(KeyPrefix, StringComparison.Ordinal) && Guid.TryParseExact(Name[KeyPrefix.Length..], "N", out var key)
            ? credentials.OfKeyAsync(key, Tenant, cancellationToken)
            : credentials.OfNamedAsync(Name, Tenant, Thumbprint, cancellationToken);

    // If there are two parts of one kind, none is used, because it is unknown which one the authority has verified.
    private static string? Part(X509Certificate2 certificate, string kind)
    {
        var parts = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == kind).ToList();
        return parts.Count switch
        {
            0 => null,
            1 => parts[0].GetSingleElementValue(),
            _ => "",
        };
    }
}
