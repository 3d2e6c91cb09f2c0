using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A web address as a source of files, as a person writes it: <c>https://example.org/a.bin</c>, optionally followed by a space and a name
/// for the file. A user name and password in it are only sent to its own origin.
/// </summary>
public sealed class WebAddress
{
    public const int LongestLine = 4096;

    /// <summary>Used instead of a connection's id, because addresses need no connection.</summary>
    public static readonly Guid Source = new("00000000-0000-4000-8000-000000687474");

    /// <summary>The name of the connector that reads addresses.</summary>
    public const string KindName = "http";

    private WebAddress(string line, Uri location, string? name, string? credentials) =>
        (Line, Location, GivenName, Credentials) = (line, location, name, credentials);

    /// <summary>The line as it was written. It may be secret, because anyone with a signed address can download the file.</summary>
    public string Line { get; }

    /// <summary>The address without a user name and password.</summary>
    public Uri Location { get; }

    /// <summary>The name from the line; null if the server's name is used.</summary>
    public string? GivenName { get; }

    /// <summary>The user name and password, separated by a colon; null if there are none.</summary>
    public string? Credentials { get; }

    /// <summary>The name of the file if the server provides none: the last part of the path, or the host.</summary>
    public string Name => GivenName ?? NameIn(Location);

    /// <param name="fault">A sentence that says what is wrong, without the address.</param>
    public static WebAddress? Parse(string? line, out string? fault)
    {
        fault = null;
        var text = line?.Trim() ?? "";
        var end = text.IndexOfAny([' ', '\t']);
        var (address, name) = end < 0 ? (text, null) : (text[..end], text[end..].Trim());
        if (text.Length is 0 or > LongestLine || text.Any(char.IsControl))
            fault = $"An address has 1 to {LongestLine} characters in one line.";
        else if (Read(address) is not { } location)
            fault = "An address begins with https:// or http:// and names a host.";
        else if (name is not null && FileNameRule.Fault(name) is { } wrong)
            fault = $"What follows an address after a blank is the file's name. {wrong}";
        else
            return Of(text, location, name);
        return null;
    }

    /// <summary>Parses an address from a server, such as that of a redirect; null if it is not a web address.</summary>
    public static Uri? Read(string text)
    {
        // Signatures cover the exact address, so a valid address is not rewritten.
        var asIs = text.All(letter => letter is > ' ' and < (char)127 and not '#');
        return Uri.TryCreate(text, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = asIs }, out var location)
            && (location.Scheme == Uri.UriSchemeHttps || location.Scheme == Uri.UriSchemeHttp) && HasHost(location)
            ? location
            : null;
    }

    /// <summary>Returns whether an address contains a valid host name.</summary>
    public static bool HasHost(Uri location)
    {
        try
        {
            return location.IdnHost.Length > 0;
        }
        catch (Exception reason) when (reason is UriFormatException or ArgumentException)
        {
            return false;
        }
    }

    public bool IsOrigin(Uri other) => other.Scheme == Location.Scheme && other.Port == Location.Port
        && other.IdnHost.Equals(Location.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the last part of an address's path as a name, or the host.</summary>
    public static string NameIn(Uri location)
    {
        var path = location.AbsolutePath.TrimEnd('/');
        // Invalid UTF-8 is not decoded.
        return SafeName(Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..])) ?? FileNameRule.MakeSafe(location.Host);
    }

    /// <summary>Returns an external name without folders and invalid characters; null if nothing remains.</summary>
    public static string? SafeName(string? name)
    {
        var last = name?[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
        return string.IsNullOrEmpty(last) || last is "." or ".." ? null : FileNameRule.MakeSafe(last);
    }

    // The line may contain secrets, which must not be logged.
    public override string ToString() => $"{nameof(WebAddress)} at {Location.Host}";

    private static WebAddress Of(string line, Uri location, string? name)
    {
        if (location.UserInfo.Length == 0)
            return new WebAddress(line, location, name, null);
        var text = location.OriginalString;
        var begin = text.IndexOf("//", StringComparison.Ordinal) + 2;
        var end = text.IndexOfAny(['/', '?', '#'], begin) is > 0 and var at ? at : text.Length;
        var bare = text[..begin] + text[(text.LastIndexOf('@', end - 1) + 1)..];
        return new WebAddress(line, Read(bare) ?? location, name, Uri.UnescapeDataString(location.UserInfo));
    }
}
