using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.S3;

/// <summary>A request whose signature was right.</summary>
/// <param name="Region">For which it was signed.</param>
/// <param name="Key">With which the pieces of its body are signed.</param>
internal sealed record S3Signed(EmulatedAccount Account, string Region, string Date, string Scope, byte[] Key, string Signature)
{
    public string SignatureOf(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(text)));

    public override string ToString() => nameof(S3Signed);
}

/// <summary>Signature Version 4, in the Authorization header or in the query of an address.</summary>
internal sealed class S3Signature(EmulatorContext context)
{
    public const string Nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Service = "s3";
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    /// <summary>What the parameters of a signed address begin with.</summary>
    private const string Query = "X-Amz-";

    /// <summary>The keys of an account: always the same ones, so that they can be written down.</summary>
    public static (string Id, string Secret) KeyOf(EmulatedAccount account) =>
        ("AKIA" + Ids.Stable("key:" + account.Email, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), Ids.Stable("secret:" + account.Email, 40));

    public S3Signed Check(HttpContext http, S3Target target)
    {
        var inAddress = target[Query + "Signature"] is not null;
        var fields = inAddress ? FieldsOf(target) : FieldsOf(http.Request.Headers.Authorization.ToString());
        if (fields.GetValueOrDefault("Credential")?.Split('/') is not [var id, var day, var region, Service, "aws4_request"]
            || fields.GetValueOrDefault("SignedHeaders")?.Split(';') is not { Length: > 0 } names
            || fields.GetValueOrDefault("Signature") is not { } signature)
            throw new S3Exception("AuthorizationHeaderMalformed");
        if (context.Options.Accounts.FirstOrDefault(one => KeyOf(one).Id == id) is not { } account)
            throw new S3Exception("InvalidAccessKeyId");
        if (context.Switches.IsOn("expiredKeys"))
            throw new S3Exception("ExpiredToken");
        var date = inAddress ? target[Query + "Date"] ?? "" : http.Request.Headers["x-amz-date"].ToString();
        CheckTime(date, day, inAddress ? target[Query + "Expires"] : null);
        // What must be signed: the host, and all that changes what the request means.
        if (!names.Contains("host") || http.Request.Headers.Keys.Any(
            name => name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !names.Contains(name.ToLowerInvariant())))
            throw new S3Exception("AccessDenied", message: "There were headers present in the request which were not signed.");

        var payload = http.Request.Headers["x-amz-content-sha256"].ToString();
        var request = new StringBuilder(http.Request.Method).Append('\n').Append(target.CanonicalPath).Append('\n')
            .Append((inAddress ? target with { Query = [.. target.Query.Where(one => one.Name != Query + "Signature")] } : target)
                .CanonicalQuery).Append('\n');
        foreach (var name in names)
            _ = request.Append(name).Append(':').Append(Folded(ValueOf(http, name))).Append('\n');
        _ = request.Append('\n').AppendJoin(';', names).Append('\n').Append(payload.Length > 0 ? payload : inAddress ? Unsigned : Nothing);
        var scope = $"{day}/{region}/{Service}/aws4_request";
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + KeyOf(account).Secret), Encoding.UTF8.GetBytes(day));
        foreach (var part in (string[])[region, Service, "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signed = new S3Signed(account, region, date, scope, key, signature);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.ToString())));
        if (signed.SignatureOf($"{Algorithm}\n{date}\n{scope}\n{digest}") != signature)
            throw new S3Exception("SignatureDoesNotMatch");
        return signed;
    }

    private static Dictionary<string, string> FieldsOf(string header) => header.StartsWith(Algorithm + " ", StringComparison.Ordinal)
        ? header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries).Select(one => one.Split('=', 2))
            .Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1])
        : throw new S3Exception("AccessDenied", message: "The request is not signed.");

    private static Dictionary<string, string> FieldsOf(S3Target target) => target[Query + "Algorithm"] == Algorithm
        ? target.Query.Where(one => one.Name.StartsWith(Query, StringComparison.Ordinal))
            .ToDictionary(one => one.Name[Query.Length..], one => one.Value)
        : throw new S3Exception("AuthorizationQueryParametersError");

    /// <param name="seconds">For how long a signed address can be used; <c>null</c>: the request is signed in its header.</param>
    private void CheckTime(string date, string day, string? seconds)
    {
        if (!DateTimeOffset.TryParseExact(
            date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            || !date.StartsWith(day, StringComparison.Ordinal))
            throw new S3Exception("AccessDenied", message: "The date is missing, or of another day than the signature.");
        var now = context.Clock.GetUtcNow();
        var skew = context.Switches.Number("skewSeconds");
        if (seconds is not null && (!int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var life)
            || now > at.AddSeconds(Math.Max(life, skew))))
            throw new S3Exception("AccessDenied", message: "Request has expired");
        if ((now - at).Duration() > TimeSpan.FromSeconds(skew))
        {
            throw new S3Exception(
                "RequestTimeTooSkewed", null, null, ("RequestTime", date), ("ServerTime", $"{now.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"));
        }
    }

    private static string ValueOf(HttpContext http, string name) =>
        (name == "range" ? FaultMiddleware.IgnoredRange(http) : null) ?? http.Request.Headers[name].ToString();

    private static string Folded(string value) =>
        string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
