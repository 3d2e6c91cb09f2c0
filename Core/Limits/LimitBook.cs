using System.Collections.Frozen;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Core.Limits;

/// <summary>All limits, in memory. They are read again within a second of a change.</summary>
public sealed class LimitBook(ILimitLedger ledger) : IStartStep
{
    private FrozenDictionary<LimitTarget, LimitValues> _rows = FrozenDictionary<LimitTarget, LimitValues>.Empty;

    public int Order => StartOrder.Access;

    public string Name => "limits";

    public Task StartAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called when limits were read again.</summary>
    public event Action? Changed;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var rows = (await ledger.AllAsync(cancellationToken)).ToFrozenDictionary();
        Volatile.Write(ref _rows, rows);
        LimitsBandwidth = rows.Values.Any(values => values.ReceiveBandwidth is not null || values.SendBandwidth is not null);
        HasFileRules = rows.Values.Any(values => values.Rules is not null);
        Changed?.Invoke();
    }

    /// <summary>Whether any tenant, user or key has a limit of bandwidth.</summary>
    public bool LimitsBandwidth { get; private set; }

    /// <summary>Whether no limit is set at all, as in a new service.</summary>
    public bool IsEmpty => Volatile.Read(ref _rows).Count == 0;

    /// <summary>Whether any tenant, user or key has rules for names, types or metadata.</summary>
    public bool HasFileRules { get; private set; }

    /// <summary>
    /// The rows that hold for a caller: of the tenant, of the user, and of the key or the sign-in. In each row a value that is not set is
    /// the default of that kind. All rows hold at once, so the smallest value decides.
    /// </summary>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> Of(Caller caller) => OfBearer(caller);

    /// <summary>The same for a request, with what holds for the address that it comes from.</summary>
    /// <param name="caller">Null: the request is not authenticated.</param>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> OfRequest(Caller? caller, string address)
    {
        var found = caller is null ? [] : OfBearer(caller);
        if (Volatile.Read(ref _rows).GetValueOrDefault(LimitTarget.DefaultOf(LimitScope.Address)) is { } each)
            found.Add((new LimitTarget(LimitScope.Address, "", address), each));
        return found;
    }

    /// <summary>The same for a flow of bytes, with what holds for the service and for each upload.</summary>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> OfFlow(Caller caller, Topic label)
    {
        var found = OfBearer(caller);
        var rows = Volatile.Read(ref _rows);
        if (rows.GetValueOrDefault(LimitTarget.Service) is { } service)
            found.Add((LimitTarget.Service, service));
        if (label.Kind == TopicKinds.Upload && rows.GetValueOrDefault(LimitTarget.DefaultOf(LimitScope.Upload)) is { } each)
            found.Add((new LimitTarget(LimitScope.Upload, "", label.Id), each));
        return found;
    }

    /// <summary>The limits of the whole service, and those of each upload by itself.</summary>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> OfService =>
        [.. new[] { LimitTarget.Service, LimitTarget.DefaultOf(LimitScope.Upload) }
            .Where(Volatile.Read(ref _rows).ContainsKey).Select(target => (target, Volatile.Read(ref _rows)[target]))];

    /// <summary>The largest upload of a caller; null: only the service's own limit holds.</summary>
    public long? MaxFileSize(Caller caller) => Least(OfBearer(caller));

    /// <summary>The same for a subject, where its key is not known any more.</summary>
    public long? MaxFileSize(string tenant, string subject) => Least(Of(tenant, subject, null));

    private static long? Least(List<(LimitTarget Target, LimitValues Values)> rows) => rows.Min(row => row.Values.MaxFileSize);

    // A link has the limits of its maker.
    private List<(LimitTarget Target, LimitValues Values)> OfBearer(Caller caller)
    {
        if (IsEmpty)
            return [];
        var bearer = caller.Grant?.Maker ?? caller;
        return Of(bearer.Tenant, bearer.Subject, LimitTarget.OfCredential(bearer));
    }

    private List<(LimitTarget Target, LimitValues Values)> Of(string tenant, string subject, LimitTarget? credential)
    {
        var rows = Volatile.Read(ref _rows);
        if (rows.Count == 0)
            return [];
        var found = new List<(LimitTarget Target, LimitValues Values)>(3);
        foreach (var target in new[] { LimitTarget.OfTenant(tenant), LimitTarget.OfSubject(tenant, subject), credential }.Distinct())
        {
            if (target is null)
                continue;
            var own = rows.GetValueOrDefault(target);
            var standard = rows.GetValueOrDefault(LimitTarget.DefaultOf(target.Scope));
            if ((own ?? standard) is { } any)
                found.Add((target, own is null || standard is null ? any : Merge(own, standard)));
        }

        return found;
    }

    private static LimitValues Merge(LimitValues own, LimitValues standard) => new()
    {
        MaxFileSize = own.MaxFileSize ?? standard.MaxFileSize,
        StoredBytes = own.StoredBytes ?? standard.StoredBytes,
        Files = own.Files ?? standard.Files,
        OpenUploads = own.OpenUploads ?? standard.OpenUploads,
        RequestsPerMinute = own.RequestsPerMinute ?? standard.RequestsPerMinute,
        CreationsPerMinute = own.CreationsPerMinute ?? standard.CreationsPerMinute,
        RequestsAtOnce = own.RequestsAtOnce ?? standard.RequestsAtOnce,
        ReceivedPerDay = own.ReceivedPerDay ?? standard.ReceivedPerDay,
        SentPerDay = own.SentPerDay ?? standard.SentPerDay,
        ReceiveBandwidth = own.ReceiveBandwidth ?? standard.ReceiveBandwidth,
        SendBandwidth = own.SendBandwidth ?? standard.SendBandwidth,
        Rules = own.Rules ?? standard.Rules,
    };
}
