namespace ChunkUpload.Core.Hooks;

/// <summary>Sends one request to an outside address, with limits on time and on the bytes of the answer that are read.</summary>
public interface IHookSender
{
    /// <summary>Never throws because of the receiver; throws when it is cancelled.</summary>
    Task<HookAnswer> SendAsync(HookRequest request, CancellationToken cancellationToken);

    /// <summary>Why the address cannot be used, as far as its text shows; null if it can.</summary>
    string? Fault(string url);
}

public sealed record HookRequest(Uri Url, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers, TimeSpan Timeout)
{
    public bool AllowPrivateNetworks { get; init; }

    /// <summary>How many bytes of the answer are read.</summary>
    public int MostAnswer { get; init; } = 1024;
}

/// <param name="Status">Null where no answer came.</param>
/// <param name="Body">The beginning of the answer's body.</param>
/// <param name="Error">Why no answer came, for the person who configured the address.</param>
public sealed record HookAnswer(int? Status, string? Body, string? Error, TimeSpan Took)
{
    public bool Succeeded => Status is >= 200 and <= 299;
}
