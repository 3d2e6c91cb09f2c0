using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Access.Tokens;

/// <summary>Tokens (JWT) of an external issuer, which clients send as Bearer tokens.</summary>
[Settings("Tokens")]
internal sealed class TokenOptions : IValidatableObject
{
    private const int ShortestSecret = 32;

    [Description("The issuer whose tokens are taken: the claim iss, exactly. Not set: none are. For operators whose programs have tokens "
        + "of an identity provider already.")]
    public string? Issuer { get; set; }

    [Description("What the claim aud of a token must name. Operators set it with Tokens:Issuer.")]
    public string? Audience { get; set; }

    [Description("Where the issuer publishes its keys (JWKS). Not set: as its discovery document below Tokens:Issuer says. For "
        + "operators whose issuer has no such document.")]
    public string? KeysUrl { get; set; }

    [Description("A file with the issuer's keys (JWKS) instead of an address. For operators whose service cannot reach the issuer.")]
    public string? KeysFile { get; set; }

    [Secret]
    [Description("A secret that the issuer and this service share, for tokens signed with HS256; at least 32 bytes. Without "
        + "it, tokens are signed with RS256, PS256 or ES256. For operators whose app makes its tokens itself.")]
    public string? Secret { get; set; }

    [Description("The claim that names the tenant. A token without it is of the only one in Tokens:Tenants. For operators with several "
        + "tenants.")]
    [Required]
    public string TenantClaim { get; set; } = "tenant";

    [Description("The tenants that tokens may name. Operators with several tenants list them.")]
    public string[] Tenants { get; set; } = [Caller.DefaultTenant];

    [Description("The claim with the scopes, separated by spaces or as a list: upload, read, delete, list, jobs, operate, admin. For "
        + "operators whose issuer calls it otherwise.")]
    [Required]
    public string ScopeClaim { get; set; } = "scope";

    [Description("The most that a token can allow, whatever it claims. Operators narrow it where an issuer serves many programs.")]
    public string[] Scopes { get; set; } = ["upload", "read", "delete", "list"];

    /// <summary>The signature algorithms that are accepted: a shared secret must never verify a token that names a public key.</summary>
    public IReadOnlyList<string> Algorithms => string.IsNullOrEmpty(Secret) ? ["RS256", "PS256", "ES256"] : ["HS256"];

    public bool AreOn => !string.IsNullOrEmpty(Issuer);

    public Scopes Most => ScopeNames.Parse(Scopes) ?? Core.Access.Scopes.None;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!AreOn)
            yield break;
        if (string.IsNullOrEmpty(Audience))
            yield return new ValidationResult(
                "Tokens:Issuer needs Tokens:Audience: without it the issuer's tokens for others would be taken.");
        if (new[] { KeysUrl, KeysFile, Secret }.Count(text => !string.IsNullOrEmpty(text)) > 1)
            yield return new ValidationResult("Set one of Tokens:KeysUrl, Tokens:KeysFile and Tokens:Secret.");
        if (!string.IsNullOrEmpty(KeysFile) && !File.Exists(KeysFile))
            yield return new ValidationResult($"Tokens:KeysFile names a file that is not there: {KeysFile}.");
        foreach (var url in new[] { string.IsNullOrEmpty(KeysUrl) && KeysFile is null && Secret is null ? Issuer : KeysUrl })
        {
            if (!string.IsNullOrEmpty(url) && !IsAddress(url))
                yield return new ValidationResult($"{url} must be an https address; http only on this machine.");
        }

        var shared = !string.IsNullOrEmpty(Secret);
        if (shared && Encoding.UTF8.GetByteCount(Secret!) < ShortestSecret)
            yield return new ValidationResult($"Tokens:Secret needs at least {ShortestSecret} bytes.");
        if (Tenants.Length == 0)
            yield return new ValidationResult("Tokens:Tenants must name a tenant.");
        if (ScopeNames.Parse(Scopes) is null)
            yield return new ValidationResult($"Tokens:Scopes must name some of {string.Join(", ", ScopeNames.All)}.");
    }

    /// <summary>Returns whether an issuer may have this address: https, or on this machine.</summary>
    public static bool IsAddress(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
