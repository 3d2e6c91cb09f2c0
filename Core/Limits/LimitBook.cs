using System.Collections.Frozen;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Core.Limits;

/// <summary>Keeps all limits in memory. They are read again within a second of a change.</summary>
public sealed class LimitBook(ILimitLedger ledger) : IStartStep
{
    private FrozenDictionary<LimitTarget, LimitValues> _rows = FrozenDictionary<LimitTarget, LimitValues>.Empty;

    public int Order => StartOrder.Access;

    public string Name => "limits";

    public Task StartAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Raised after limits were read again.</summary>
    public event Action? Changed;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var rows = (await ledger.AllAsync(cancellationToken)).ToFrozenDictionary();
        Volatile.Write(ref _rows, rows);
        LimitsBandwidth = rows.Values.Any(values => values.ReceiveBandwidth is not null || values.SendBandwidth is not null);
        HasFileRules = rows.Values.Any(values => values.Rules is not null);
        Changed?.Invoke();
    }

    /// <summary>Gets a value that indicates whether any tenant, user or key has a limit of bandwidth.</summary>
    public bool LimitsBandwidth { get; private set; }

    /// <summary>Gets a value that indicates whether no limit is set at all, as in a new service.</summary>
    public bool IsEmpty => Volatile.Read(ref _rows).Count == 0;

    /// <summary>Gets a value that indicates whether any tenant, user or key has rules for names, types or metadata.</summary>
    public bool HasFileRules { get; private set; }

    /// <summary>
    /// Returns the rows that apply to a caller: those of the tenant, the user, and the key or the sign-in. A value that a row does not set
    /// is the default of its kind. All rows apply at once, so the smallest value decides.
    /// </summary>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> Of(Caller caller) => OfBearer(caller);

    /// <summary>Returns the rows that apply to a request, with those of the address from which it comes.</summary>
    /// <param name="caller">The caller; null if the request is not authenticated.</param>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> OfRequest(Caller? caller, string address)
    {
        var found = caller is null ? [] : OfBearer(caller);
        if (Volatile.Read(ref _rows).GetValueOrDefault(LimitTarget.DefaultOf(LimitScope.Address)) is { } each)
            found.Add((new LimitTarget(LimitScope.Address, "", address), each));
        return found;
    }

    /// <summary>Returns the rows that apply to a flow of bytes, with those of the service and of each upload.</summary>
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

    /// <summary>Gets the limits of the whole service, and those of each upload.</summary>
    public IReadOnlyList<(LimitTarget Target, LimitValues Values)> OfService =>
        [.. new[] { LimitTarget.Service, LimitTarget.DefaultOf(LimitScope.Upload) }
            .Where(Volatile.Read(ref _rows).ContainsKey).Select(target => (target, Volatile.Read(ref _rows)[target]))];

    /// <summary>Returns the size of a caller's largest upload; null if only the service's own limit applies.</summary>
    public long? MaxFileSize(Caller caller) => Least(OfBearer(caller));

    /// <summary>Returns the same size for a subject whose key is no longer known.</summary>
    public long? MaxFileSize(string tenant, string subject) => Least(Of(tenant, subject, null));

    private static long? Least(List<(LimitTarget Target, LimitValues Values)> rows) => rows.Min(row => row.Values.MaxFileSize);

    // A link has the limits of the user or key that made it.
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
