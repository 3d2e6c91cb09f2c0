using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Listens for the devices of other members, once for all folders that the agent serves: at one port, unless the user names several, at the
/// chosen addresses that the computer has at the moment, and never while the network is metered. It looks again twice a minute.
/// </summary>
/// <param name="states">The folder of the client's state. It has the port, so that devices find the agent again after a restart.</param>
/// <param name="isMetered">Whether the network is paid by the byte; <c>null</c> if the system does not report it.</param>
/// <param name="limits">The bandwidth limits of the agent.</param>
[SuppressMessage("Design", "CA1001", Justification = "The last folder that leaves closes all. The gate has nothing to release.")]
internal sealed class StraightListener(
    string states, Func<bool?> isMetered, IReadOnlyList<BandwidthLimit> limits, TimeProvider time)
{
    private const string Metered = "It does not listen, because the network is metered.";
    private const string NoAddress = "It does not listen, because this computer has no address in a private network.";

    private static readonly TimeSpan LookEach = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, StraightOffer> _offers = new();
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<StraightPlace> _places = [];
    private CancellationTokenSource _end = new();
    private DeviceIdentity? _own;
    private StraightServer? _server;
    private HashSet<IPEndPoint> _at = [];
    private string _fault = "";
    private Task _looking = Task.CompletedTask;
    private int? _port;

    private string PortFile => Path.Combine(states, "serving", "port");

    /// <summary>Starts to listen for another folder.</summary>
    /// <exception cref="TransferException">The key of this computer cannot be read.</exception>
    public async Task<StraightPlace> JoinAsync(ListenChoice choice, CancellationToken stop)
    {
        var place = new StraightPlace(this, choice);
        await _gate.WaitAsync(stop);
        try
        {
            _own ??= DeviceIdentity.Of(states);
            _port ??= Remembered();
            _places.Add(place);
            await LookAsync(stop);
            if (_places.Count == 1)
                _looking = RepeatAsync((_end = new CancellationTokenSource()).Token);
        }
        catch
        {
            _ = _places.Remove(place);
            throw;
        }
        finally
        {
            _ = _gate.Release();
        }

        return place;
    }

    /// <summary>Stops listening for a folder. With the last folder, the listener closes.</summary>
    public async ValueTask LeaveAsync(StraightPlace place)
    {
        await _gate.WaitAsync();
        try
        {
            if (!_places.Remove(place))
                return;
            place.Set([], null);
            if (_places.Count > 0)
            {
                await LookAsync(CancellationToken.None);
                return;
            }

            await _end.CancelAsync();
            await CloseAsync();
            _own?.Dispose();
            _own = null;
        }
        finally
        {
            _ = _gate.Release();
        }

        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Add(StraightOffer offer) => _offers[offer.Transfer] = offer;

    public void Remove(StraightOffer offer) => _ = _offers.TryRemove(new(offer.Transfer, offer));

    private async Task RepeatAsync(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(LookEach, time, stop);
            await _gate.WaitAsync(stop);
            try
            {
                stop.ThrowIfCancellationRequested();
                await LookAsync(stop);
            }
            finally
            {
                _ = _gate.Release();
            }
        }
    }

    // The caller holds the gate.
    private async Task LookAsync(CancellationToken stop)
    {
        var isClosed = isMetered() == true;
        // Port 0 stands for the common one.
        var wanted = _places.ToDictionary(
            place => place,
            place => isClosed ? [] : place.Choice.Find().Select(address => new IPEndPoint(address, place.Choice.Port)).ToList());
        var all = wanted.Values.SelectMany(some => some).ToHashSet();
        if (_server is null || !all.SetEquals(_at))
        {
            await CloseAsync();
            await OpenAsync(all, stop);
        }

        foreach (var (place, some) in wanted)
        {
            var open = (_server?.Addresses ?? []).Where(one => some.Any(want =>
                want.Address.Equals(one.Address) && (want.Port > 0 ? want.Port : _port) == one.Port)).ToList();
            place.Set(open, open.Count > 0 ? null : isClosed ? Metered : some.Count == 0 ? NoAddress
                : $"It cannot listen at {string.Join(", ", some.Select(one => one.Address))}: {_fault}");
        }
    }

    private async Task OpenAsync(HashSet<IPEndPoint> all, CancellationToken stop)
    {
        var named = all.Select(one => one.Port).FirstOrDefault(port => port > 0);
        var common = named > 0 ? named : _port ?? 0;
        var free = common > 0 ? Free(all, common) : [];
        // Another program uses the previous port now.
        if (free.Count == 0 && named == 0 && all.Count > 0)
        {
            common = AnyPort(all.First().Address);
            free = common > 0 ? Free(all, common) : [];
        }

        if (free.Count == 0)
            return;
        try
        {
            var answers = new StraightAnswers(id => _offers.GetValueOrDefault(id), limits);
            _server = await StraightServer.StartAsync(free, _own!, Expected, answers.AnswerAsync, stop);
            (_at, _port) = (all, common);
            Remember();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            _fault = failure.Message;
        }
    }

    /// <summary>Returns those at which the agent can listen: what one folder cannot have takes nothing from the others.</summary>
    private List<IPEndPoint> Free(IEnumerable<IPEndPoint> all, int common) =>
        [.. all.Select(one => one.Port > 0 ? one : new IPEndPoint(one.Address, common)).Distinct().Where(CanListen)];

    private int AnyPort(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException failure)
        {
            _fault = failure.Message;
            return 0;
        }
    }

    private bool CanListen(IPEndPoint address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(address);
            socket.Listen();
            return true;
        }
        catch (SocketException failure)
        {
            _fault = failure.Message;
            return false;
        }
    }

    private int Remembered()
    {
        try
        {
            return File.Exists(PortFile) && ushort.TryParse(File.ReadAllText(PortFile), CultureInfo.InvariantCulture, out var port)
                ? port
                : 0;
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
            PrivateFile.CreateFolder(Path.GetDirectoryName(PortFile)!);
            PrivateFile.Replace(
                PortFile, Encoding.ASCII.GetBytes(_port!.Value.ToString(CultureInfo.InvariantCulture)), flush: false);
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
