using System.Text.Json;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent;

/// <summary>
/// The queue in memory, saved before anybody sees a change. Order: the priority, then the place among those of the same priority. Safe for
/// concurrent use.
/// </summary>
internal sealed class AgentQueue
{
    private const int MostEntries = 10_000;
    private const double Closest = 1e-6;

    private readonly Lock _gate = new();
    private readonly QueueStore _store;
    private readonly TimeProvider _time;
    private readonly Dictionary<long, QueueEntry> _entries;
    private QueueSettings _settings;

    // The limits of the command line and the environment, until the user sets others. They are not saved.
    private int? _atOnce;
    private string? _bandwidth;

    /// <param name="store">The storage of the queue.</param>
    /// <param name="time">The time and its zone.</param>
    /// <param name="fault">Gets a sentence for each file that cannot be understood.</param>
    public AgentQueue(QueueStore store, TimeProvider time, Action<string> fault)
    {
        (_store, _time) = (store, time);
        var (settings, entries) = store.Load(fault);
        (_settings, _entries) = (settings, entries.ToDictionary(entry => entry.Id));
    }

    /// <summary>Called after each change, without a lock.</summary>
    public event Action? Changed;

    public QueueSettings Settings
    {
        get
        {
            lock (_gate)
                return _settings with { AtOnce = _atOnce ?? _settings.AtOnce, Bandwidth = _bandwidth ?? _settings.Bandwidth };
        }
    }

    /// <summary>All entries, in their order.</summary>
    public IReadOnlyList<QueueEntry> Entries
    {
        get
        {
            lock (_gate)
                return Ordered();
        }
    }

    /// <summary>Returns the key that equal entries share.</summary>
    public static string KeyOf(QueuedWork work) => JsonSerializer.Serialize(work, QueueJson.Default.QueuedWork);

    /// <summary>Adds work. What waits already with the same plan is not added again; what failed is tried again.</summary>
    /// <returns>The entry of each, and whether it is new.</returns>
    public IReadOnlyList<(QueueEntry Entry, bool IsNew)> Add(IReadOnlyList<(QueuedWork Work, Plan Plan)> added)
    {
        var result = new List<(QueueEntry, bool)>();
        lock (_gate)
        {
            var known = _entries.Values.Where(entry => entry.State != EntryState.Cancelling)
                .GroupBy(entry => (KeyOf(entry.Work), entry.Plan)).ToDictionary(group => group.Key, group => group.First().Id);
            if (_entries.Count + added.Count > MostEntries)
                throw new AgentException(AgentException.QueueFull, $"The queue has room for {MostEntries} entries. Queue a folder as one.");
            var next = _settings.NextId;
            // No id is used twice, even after a kill at this point.
            Save(_settings with { NextId = next + added.Count });
            foreach (var (work, plan) in added)
            {
                if (known.TryGetValue((KeyOf(work), plan), out var id))
                {
                    if (_entries[id].State != EntryState.Waiting)
                        Save(Fresh(_entries[id]));
                    result.Add((_entries[id], false));
                    continue;
                }

                var now = _time.GetUtcNow();
                var entry = new QueueEntry
                {
                    Version = QueueEntry.VersionOf(work),
                    Id = next++,
                    Rank = _entries.Values.Select(other => other.Rank + 1).DefaultIfEmpty(0).Max(),
                    Work = work,
                    Plan = plan,
                    AddedAt = now,
                    NotBefore = plan.At
                        ?? (plan.Every is { } every ? Every.Parse(every, out _)!.First(now, _time.LocalTimeZone) : null),
                };
                if (!entry.IsValid)
                    throw new AgentException(AgentException.BadRequest, QueueEntry.Faults(plan) ?? "This cannot be queued.");
                Save(entry);
                known[(KeyOf(work), plan)] = entry.Id;
                result.Add((entry, true));
            }
        }

        Changed?.Invoke();
        return result;
    }

    /// <summary>Changes entries that exist.</summary>
    /// <param name="ids">Null means all of them.</param>
    /// <param name="change">Returns the same entry where nothing changes.</param>
    /// <returns>Those that were changed.</returns>
    /// <exception cref="AgentException">There is no such entry; then none is changed.</exception>
    public IReadOnlyList<QueueEntry> Change(IReadOnlyList<long>? ids, Func<QueueEntry, QueueEntry> change)
    {
        var changed = new List<QueueEntry>();
        lock (_gate)
        {
            foreach (var entry in ids is null ? [.. Ordered()] : ids.Distinct().Select(Find).ToList())
            {
                var after = change(entry);
                if (after == entry)
                    continue;
                Save(after);
                changed.Add(after);
            }
        }

        if (changed.Count > 0)
            Changed?.Invoke();
        return changed;
    }

    /// <summary>Changes one entry, if it is still there.</summary>
    public QueueEntry? ChangeIfThere(long id, Func<QueueEntry, QueueEntry> change)
    {
        lock (_gate)
        {
            if (!_entries.ContainsKey(id))
                return null;
        }

        return Change([id], change) is [var after] ? after : null;
    }

    /// <summary>Stops or resumes starting entries.</summary>
    public void Pause(bool isPaused)
    {
        lock (_gate)
            Save(_settings with { IsPaused = isPaused });
        Changed?.Invoke();
    }

    /// <summary>Sets limits that this agent has until <see cref="Limit"/> sets others.</summary>
    public void Override(int? atOnce, string? bandwidth)
    {
        lock (_gate)
            (_atOnce, _bandwidth) = (atOnce, bandwidth);
        Changed?.Invoke();
    }

    /// <summary>Sets limits permanently.</summary>
    /// <param name="atOnce">Null means as it is.</param>
    /// <param name="bandwidth">Null means as it is; "off": none.</param>
    public void Limit(int? atOnce, string? bandwidth)
    {
        lock (_gate)
        {
            Save(_settings with
            {
                AtOnce = atOnce ?? _settings.AtOnce,
                Bandwidth = bandwidth is null ? _settings.Bandwidth : IsOff(bandwidth) ? null : bandwidth,
            });
            (_atOnce, _bandwidth) = (atOnce is null ? _atOnce : null, bandwidth is null ? _bandwidth : null);
        }

        Changed?.Invoke();
    }

    /// <summary>Returns whether a text means no bandwidth limit.</summary>
    public static bool IsOff(string bandwidth) => bandwidth.Trim().Equals(BandwidthRate.Off, StringComparison.OrdinalIgnoreCase);

    public void Remove(long id)
    {
        lock (_gate)
        {
            if (!_entries.ContainsKey(id))
                return;
            _store.Remove(id);
            _ = _entries.Remove(id);
        }

        Changed?.Invoke();
    }

    /// <summary>Moves entries, in the order of the ids: before all others, behind them, or before one.</summary>
    /// <param name="before">The entry that they come before; null means the first, or none.</param>
    /// <param name="toTop">Whether they are moved before all others, with the highest priority of waiting entries.</param>
    public void Move(IReadOnlyList<long> ids, long? before, bool toTop)
    {
        lock (_gate)
        {
            var moved = ids.Distinct().Select(Find).ToList();
            var others = Ordered().Where(entry => !ids.Contains(entry.Id)).ToList();
            var at = before is { } id ? others.FindIndex(entry => entry.Id == id) : toTop ? 0 : others.Count;
            if (at < 0)
                throw Missing(before!.Value);
            var priority = before is not null || toTop
                ? others.Count == 0 ? (Priority?)null : others[at].Plan.Priority
                : null;
            // Ranks hold within a priority, and are free to be anything in between.
            var high = at < others.Count && (before is not null || toTop) ? others[at].Rank : double.NaN;
            var ranks = others.Select(entry => entry.Rank);
            var low = double.IsNaN(high)
                ? ranks.DefaultIfEmpty(0).Max()
                : others.Where(entry => entry.Plan.Priority == priority && entry.Rank < high).Select(entry => entry.Rank)
                    .DefaultIfEmpty(high - moved.Count - 1).Max();
            var step = double.IsNaN(high) ? 1 : (high - low) / (moved.Count + 1);
            if (step < Closest)
            {
                // There is no room between the two any more.
                Renumber();
                Move(ids, before, toTop);
                return;
            }

            for (var index = 0; index < moved.Count; index++)
            {
                var plan = moved[index].Plan;
                Save(moved[index] with
                {
                    Rank = low + (step * (index + 1)),
                    Plan = plan with { Priority = toTop && priority < plan.Priority ? plan.Priority : priority ?? plan.Priority },
                });
            }
        }

        Changed?.Invoke();
    }

    /// <summary>Without the traces of failures.</summary>
    public static QueueEntry Fresh(QueueEntry entry) =>
        entry with { State = EntryState.Waiting, RetryAt = null, Failures = 0, Fault = null };

    private static AgentException Missing(long id) => new(AgentException.NoEntry, $"The queue has no entry {id}. cu queue lists them.");

    private QueueEntry Find(long id) =>
        _entries.TryGetValue(id, out var entry) && entry.State != EntryState.Cancelling ? entry : throw Missing(id);

    private void Renumber()
    {
        foreach (var (index, entry) in Ordered().Index())
            Save(entry with { Rank = index });
    }

    private List<QueueEntry> Ordered() =>
        [.. _entries.Values.OrderByDescending(entry => entry.Plan.Priority).ThenBy(entry => entry.Rank).ThenBy(entry => entry.Id)];

    private void Save(QueueEntry entry)
    {
        _store.Save(entry);
        _entries[entry.Id] = entry;
    }

    private void Save(QueueSettings settings)
    {
        if (settings == _settings)
            return;
        _store.Save(settings);
        _settings = settings;
    }
}
