namespace ChunkUpload.Core.Hooks;

/// <summary>Sends one request to an external address. Limits its duration and the number of response bytes that are read.</summary>
public interface IHookSender
{
    /// <summary>Sends the request. Failures of the receiver are returned, not thrown; only cancellation throws.</summary>
    Task<HookAnswer> SendAsync(HookRequest request, CancellationToken cancellationToken);

    /// <summary>Returns why the address cannot be used, judged by its text only; null if it can be used.</summary>
    string? Fault(string url);
}

public sealed record HookRequest(Uri Url, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers, TimeSpan Timeout)
{
    public bool AllowPrivateNetworks { get; init; }

    /// <summary>The maximum number of response bytes that are read.</summary>
    public int MostAnswer { get; init; } = 1024;
}

/// <param name="Status">Null if there was no response.</param>
/// <param name="Body">The beginning of the response body.</param>
/// <param name="Error">Why there was no response, for the person who configured the address.</param>
public sealed record HookAnswer(int? Status, string? Body, string? Error, TimeSpan Took)
{
    public bool Succeeded => Status is >= 200 and <= 299;
}
