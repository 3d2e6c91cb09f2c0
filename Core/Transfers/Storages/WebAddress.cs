using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// An address of the web as a source of files, as a person writes it: <c>https://example.org/a.bin</c>, and after a blank the name that the
/// file gets. Its user name and password, if it has them, are for its own origin alone.
/// </summary>
public sealed class WebAddress
{
    public const int LongestLine = 4096;

    /// <summary>In place of a connection's id: addresses need none.</summary>
    public static readonly Guid Source = new("00000000-0000-4000-8000-000000687474");

    /// <summary>The name of the connector that reads addresses.</summary>
    public const string KindName = "http";

    private WebAddress(string line, Uri location, string? name, string? credentials) =>
        (Line, Location, GivenName, Credentials) = (line, location, name, credentials);

    /// <summary>As it was written. It may be a secret: an address with a signature gives its file to whoever has it.</summary>
    public string Line { get; }

    /// <summary>Without a user name and a password.</summary>
    public Uri Location { get; }

    /// <summary>Null if the file is called as the server says.</summary>
    public string? GivenName { get; }

    /// <summary>User name and password with a colon between them; null means none.</summary>
    public string? Credentials { get; }

    /// <summary>What the file is called if the server says nothing: the last part of the path, else the host.</summary>
    public string Name => GivenName ?? NameIn(Location);

    /// <param name="fault">One sentence without the address.</param>
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

    /// <summary>An address that a server has named, such as that of a redirect; null if it leads nowhere on the web.</summary>
    public static Uri? Read(string text)
    {
        // Signatures cover what is sent, so an address that can be sent as it is is not rewritten.
        var asIs = text.All(letter => letter is > ' ' and < (char)127 and not '#');
        return Uri.TryCreate(text, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = asIs }, out var location)
            && (location.Scheme == Uri.UriSchemeHttps || location.Scheme == Uri.UriSchemeHttp) && HasHost(location)
            ? location
            : null;
    }

    /// <summary>Returns whether an address names a host that can be asked for: not every text between slashes is a name.</summary>
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

    /// <summary>The last part of an address's path as a name; else the host.</summary>
    public static string NameIn(Uri location)
    {
        var path = location.AbsolutePath.TrimEnd('/');
        // What is no UTF-8 stays as it is written.
        return SafeName(Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..])) ?? FileNameRule.MakeSafe(location.Host);
    }

    /// <summary>A name that came from elsewhere, without folders and what no name may have; null if nothing is left of it.</summary>
    public static string? SafeName(string? name)
    {
        var last = name?[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
        return string.IsNullOrEmpty(last) || last is "." or ".." ? null : FileNameRule.MakeSafe(last);
    }

    // A record or a string would print what a log must not have.
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
