using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Listens for the devices of other members: at the addresses of the choice that the computer has at the moment, and never while the
/// network is metered. It looks again twice a minute. Each served folder has a port of its own.
/// </summary>
/// <param name="isMetered">Whether the network is paid by the byte; <c>null</c> if the system does not tell.</param>
/// <param name="limits">The bandwidth limits of the agent.</param>
/// <param name="portFile">Remembers the port, so that devices find the agent again after a restart.</param>
internal sealed class StraightListener(
    ListenChoice choice, DeviceIdentity own, Func<bool?> isMetered, IReadOnlyList<BandwidthLimit> limits, string portFile,
    TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan LookEach = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, StraightOffer> _offers = new();
    private readonly CancellationTokenSource _end = new();
    private StraightServer? _server;
    private IReadOnlyList<IPAddress> _at = [];
    private Task _looking = Task.CompletedTask;
    private int _port = choice.Port > 0 ? choice.Port : Remembered(portFile);

    /// <summary>Where other devices find it; empty while it does not listen.</summary>
    public IReadOnlyList<string> Addresses => Volatile.Read(ref _server)?.Addresses.Select(address => address.ToString()).ToList() ?? [];

    /// <summary>Why it does not listen, as a sentence; <c>null</c> while it does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Begins to listen, and to look again.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        await LookAsync(stop);
        _looking = RepeatAsync(_end.Token);
    }

    /// <summary>Offers a file, until the offer is withdrawn.</summary>
    public void Add(StraightOffer offer) => _offers[offer.Transfer] = offer;

    public void Remove(StraightOffer offer) => _ = _offers.TryRemove(new(offer.Transfer, offer));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync();
        _end.Dispose();
    }

    private async Task RepeatAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(LookEach, time, stop);
            await LookAsync(stop);
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        var addresses = isMetered() == true ? [] : choice.Find();
        if (_server is not null && addresses.ToHashSet().SetEquals(_at))
            return;
        await CloseAsync();
        if (addresses.Count == 0)
        {
            Fault = isMetered() == true ? "It does not listen, because the network is metered."
                : "It does not listen, because this computer has no address in a private network.";
            return;
        }

        try
        {
            var server = await OpenAsync(addresses, stop);
            (_at, _port, Fault) = (addresses, server.Addresses[0].Port, null);
            Volatile.Write(ref _server, server);
            Remember();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            Fault = $"It cannot listen at {string.Join(", ", addresses)}: {failure.Message}";
        }
    }

    private async Task<StraightServer> OpenAsync(IReadOnlyList<IPAddress> addresses, CancellationToken stop)
    {
        var answers = new StraightAnswers(id => _offers.GetValueOrDefault(id), limits);
        try
        {
            // Devices that know the port find it again.
            return await StraightServer.StartAsync(
                [.. addresses.Select(address => new IPEndPoint(address, _port))], own, Expected, answers.AnswerAsync, stop);
        }
        catch (Exception failure) when (failure is IOException or SocketException && _port != choice.Port)
        {
            return await StraightServer.StartAsync(
                [.. addresses.Select(address => new IPEndPoint(address, choice.Port))], own, Expected, answers.AnswerAsync, stop);
        }
    }

    private static int Remembered(string path)
    {
        try
        {
            return File.Exists(path) && ushort.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var port) ? port : 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private void Remember()
    {
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(portFile)!);
            PrivateFile.Replace(
                portFile, Encoding.ASCII.GetBytes(_port.ToString(CultureInfo.InvariantCulture)), flush: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Then it has another port after a restart.
        }
    }

    private int Expected(byte[] fingerprint) => _offers.Values.Count(offer => offer.Expects(fingerprint));

    private async Task CloseAsync()
    {
        _at = [];
        if (Interlocked.Exchange(ref _server, null) is { } server)
            await server.DisposeAsync();
    }
}
