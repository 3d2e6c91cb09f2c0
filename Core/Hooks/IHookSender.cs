namespace ChunkUpload.Core.Hooks;

/// <summary>Sends one request to an address outside, with limits on time and on what is read of the answer.</summary>
public interface IHookSender
{
    /// <summary>Never throws for what the other side does; a cancelled call throws.</summary>
    Task<HookAnswer> SendAsync(HookRequest request, CancellationToken cancellationToken);

    /// <summary>Why the address cannot be used, as far as it shows; null where it can.</summary>
    string? Fault(string url);
}

public sealed record HookRequest(Uri Url, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers, TimeSpan Timeout)
{
    public bool AllowPrivateNetworks { get; init; }

    /// <summary>How many bytes of the answer are read.</summary>
    public int MostAnswer { get; init; } = 1024;
}

/// <param name="Status">Null where no answer came.</param>
/// <param name="Body">How it begins.</param>
/// <param name="Error">Why no answer came, for the one who configured the address.</param>
public sealed record HookAnswer(int? Status, string? Body, string? Error, TimeSpan Took)
{
    public bool Succeeded => Status is >= 200 and <= 299;
}
