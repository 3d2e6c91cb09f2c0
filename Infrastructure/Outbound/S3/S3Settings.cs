using System.Text;

namespace ChunkUpload.Infrastructure.Outbound.S3;

/// <summary>Where the buckets of a connection are, as its owner has said it.</summary>
/// <param name="Endpoint">The endpoint; null for Amazon's own in the region.</param>
/// <param name="Bucket">The bucket; null for all buckets that the key may list.</param>
/// <param name="Prefix">Empty, or with a slash at its end. Nothing outside of it is seen or written.</param>
internal sealed record S3Settings(Uri? Endpoint, string Region, string? Bucket, string Prefix, bool PathStyle)
{
    private const int LongestRegion = 64;
    private const int LongestPrefix = 512;

    /// <summary>What stores that know no regions take.</summary>
    private const string UsualRegion = "us-east-1";

    private const string Amazon = ".amazonaws.com";
    private const string CloudflareR2 = ".r2.cloudflarestorage.com";

    private static readonly string[] Names = ["endpoint", "region", "bucket", "prefix", "pathStyle"];

    /// <summary>For people, without the scheme.</summary>
    public string Host => Endpoint?.Authority ?? $"s3.{Region}{Amazon}";

    /// <summary>What the connection shows as its account.</summary>
    public string Account => Bucket is null ? Host : $"{Bucket}{(Prefix.Length > 0 ? "/" : "")}{Prefix.TrimEnd('/')} at {Host}";

    /// <summary>Whether bodies must come whole and signed, because the store takes none that are signed piece by piece.</summary>
    public bool WholeBodies => Endpoint?.Host.EndsWith(CloudflareR2, StringComparison.OrdinalIgnoreCase) == true;

    /// <param name="plain">Whether an address without TLS may be named: its traffic can be read on the way.</param>
    /// <param name="fault">What is wrong, one sentence; null: nothing.</param>
    public static S3Settings? Read(IReadOnlyDictionary<string, string> settings, bool plain, out string? fault)
    {
        var (endpoint, region, bucket) = (settings.GetValueOrDefault("endpoint"), settings.GetValueOrDefault("region"),
            settings.GetValueOrDefault("bucket"));
        var prefix = settings.GetValueOrDefault("prefix")?.Trim('/') ?? "";
        Uri? address = null;
        fault = settings.Keys.Any(name => !Names.Contains(name)) ? $"An S3 bucket has these settings: {string.Join(", ", Names)}."
            : endpoint is not null && (address = Address(endpoint)) is null
                ? "endpoint must be the address of the storage, such as https://s3.example.org, without a path."
            : address?.Scheme == Uri.UriSchemeHttp && !plain
                ? "endpoint must begin with https://, because the operator has not set Connections:AllowPrivateNetworks."
            : endpoint is null && region is null
                ? "region is needed, such as eu-central-1; for storages other than Amazon's, endpoint too."
            : region is not null && !IsRegion(region) ? "region must be a word of lower-case letters, digits and hyphens."
            : bucket is not null && !IsBucket(bucket) ? "bucket must be the name of a bucket: 3 to 63 letters, digits, dots and hyphens."
            : prefix.Length > 0 && bucket is null ? "prefix needs a bucket."
            : prefix.Length > 0 && (Encoding.UTF8.GetByteCount(prefix) > LongestPrefix || !IsPlain(prefix))
                ? $"prefix must be a path of at most {LongestPrefix} bytes, without empty parts, . and .."
            : settings.GetValueOrDefault("pathStyle") is not (null or "true" or "false") ? "pathStyle must be true or false."
            : null;
        if (fault is not null)
            return null;
        return new S3Settings(
            address, region ?? UsualRegion, bucket, prefix.Length > 0 ? prefix + "/" : "",
            settings.TryGetValue("pathStyle", out var style) ? style == "true" : address is not null && !IsAmazon(address));
    }

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && WebAddress.HasHost(address)
        && address.PathAndQuery == "/" && address.UserInfo.Length == 0 && address.Fragment.Length == 0 ? address : null;

    private static bool IsAmazon(Uri address) => address.Host.EndsWith(Amazon, StringComparison.OrdinalIgnoreCase);

    private static bool IsRegion(string text) => text.Length is > 0 and <= LongestRegion
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    internal static bool IsBucket(string text) => text.Length is >= 3 and <= 63
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_')
        && !text.Contains("..", StringComparison.Ordinal) && char.IsAsciiLetterOrDigit(text[0]);

    /// <summary>
    /// Whether a path has no part that is empty, <c>.</c> or <c>..</c>, and no character that ledgers or addresses cannot have.
    /// </summary>
    public static bool IsPlain(string path) =>
        path.Split('/').All(part => part is not ("" or "." or "..")) && !path.Any(letter => letter is '\0' or '\uFFFD')
        && !HasHalf(path);

    private static bool HasHalf(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                return true;
            at++;
        }

        return false;
    }
}
