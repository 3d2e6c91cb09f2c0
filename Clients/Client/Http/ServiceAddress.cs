using ChunkUpload.Wire;

namespace ChunkUpload.Client.Http;

/// <summary>The base of all addresses: that of a service, or of a link.</summary>
internal sealed record ServiceAddress(Uri Base, bool IsLink, ContentKey? ContentKey = null)
{
    private const string LinkPrefix = "/l/";

    /// <summary>
    /// Takes everything behind a link's token away, so that an address copied from a browser works. A key in its fragment opens the file.
    /// </summary>
    public static ServiceAddress Of(Uri address)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new ArgumentException("The address of the service must begin with http:// or https://.", nameof(address));
        var path = address.AbsolutePath;
        var at = path.IndexOf(LinkPrefix, StringComparison.Ordinal);
        if (at < 0)
            return new ServiceAddress(WithPath(address, path), IsLink: false);
        var end = path.IndexOf('/', at + LinkPrefix.Length);
        return new ServiceAddress(WithPath(address, end < 0 ? path : path[..end]), IsLink: true, ContentKey.TryParse(address.Fragment));
    }

    /// <summary>An absolute path in an answer is one of the service, not of the link.</summary>
    public Uri Resolve(string path) => new(Base, path);

    public static string Escape(string path) => string.Join('/', path.Split('/').Select(EscapeName));

    public static string Tree(string path, string? space) =>
        (space is null ? "api/tree/" : $"api/spaces/{Uri.EscapeDataString(space)}/tree/") + Escape(path);

    // Uri would resolve such a name to another folder, and the request would be sent there.
    private static string EscapeName(string name) => name is "." or ".."
        ? throw new TransferException(TransferFailure.Refused, $"No file or folder is called {name}.") { Code = ProblemCodes.InvalidPath }
        : Uri.EscapeDataString(name);

    private static Uri WithPath(Uri address, string path) =>
        new UriBuilder(address) { Path = path.TrimEnd('/') + "/", Query = "", Fragment = "" }.Uri;
}
