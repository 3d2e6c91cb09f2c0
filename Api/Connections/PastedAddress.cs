using ChunkUpload.Core.Connections;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Api.Connections;

/// <summary>Reads the address that a person copies from a browser that a provider has sent to where nothing listens.</summary>
internal static class PastedAddress
{
    public const int Longest = 16 << 10;

    private const string Scheme = "http://";

    /// <summary>Returns null if it is not such an address.</summary>
    /// <param name="loopback">The address to which the provider sends browsers.</param>
    public static ProviderAnswer? Read(string text, string loopback)
    {
        // Some browsers copy an address without its beginning.
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
