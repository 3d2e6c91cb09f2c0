using ChunkUpload.Core.Connections;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Api.Connections;

/// <summary>Parses the address that a person copies from a browser after a redirect to an address on which nothing listens.</summary>
internal static class PastedAddress
{
    public const int Longest = 16 << 10;

    private const string Scheme = "http://";

    /// <summary>Parses the address; returns null if it is not such an address.</summary>
    /// <param name="loopback">The address to which the provider sends browsers.</param>
    public static ProviderAnswer? Read(string text, string loopback)
    {
        // Some browsers copy an address without its scheme.
        var address = text.Trim();
        if (!address.Contains("://", StringComparison.Ordinal))
            address = Scheme + address;
        if (!address.StartsWith(loopback, StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            return null;
        }

        var query = QueryHelpers.ParseQuery(uri.Query);
        var answer = new ProviderAnswer(Text("state"), Text("code"), Text("error"), Text("error_description"));
        return answer.State is not null && (answer.Code ?? answer.Error) is not null ? answer : null;

        string? Text(string name) => query.TryGetValue(name, out var values) && values is [{ Length: > 0 } one] ? one : null;
    }
}
