using System.Net;

namespace ChunkUpload.Agent.Serving;

/// <summary>The share of one served folder in the listener of the agent: where the folder's files are offered.</summary>
/// <param name="choice">Where the user wants to listen for this folder.</param>
internal sealed class StraightPlace(StraightListener listener, ListenChoice choice) : IAsyncDisposable
{
    public ListenChoice Choice => choice;

    /// <summary>The addresses at which other devices find the folder's files; empty while the agent does not listen there.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Why the agent does not listen, as a sentence; <c>null</c> while it does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Offers a file, until the offer is withdrawn.</summary>
    public void Add(StraightOffer offer) => listener.Add(offer);

    public void Remove(StraightOffer offer) => listener.Remove(offer);

    public ValueTask DisposeAsync() => listener.LeaveAsync(this);

    internal void Set(IEnumerable<IPEndPoint> addresses, string? fault) =>
        (Addresses, Fault) = ([.. addresses.Select(address => address.ToString())], fault);
}
