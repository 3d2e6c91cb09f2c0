using System.Collections.Concurrent;
using System.Text.Json;

namespace ChunkUpload.Emulators.Control;

/// <summary>Named values that change the emulator's behaviour while it runs. Names that no emulator reads are refused.</summary>
internal sealed class Switches
{
    private readonly IReadOnlyDictionary<string, object?> _defaults;
    private readonly ConcurrentDictionary<string, object?> _values;

    public Switches(IReadOnlyDictionary<string, object?> defaults)
    {
        _defaults = defaults;
        _values = new(defaults, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, object?> All => new SortedDictionary<string, object?>(_values, StringComparer.Ordinal);

    public bool IsOn(string name) => _values[name] is true;

    public long Number(string name) => Convert.ToInt64(_values[name], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A number that may be absent, such as a limit.</summary>
    public long? Limit(string name) => _values[name] is null ? null : Number(name);

    public string? Text(string name) => _values[name]?.ToString();

    /// <summary>Sets one value: true, false, a number, a text, or null.</summary>
    public void Set(string name, object? value)
    {
        if (!_defaults.ContainsKey(name))
            throw new ControlException($"There is no switch '{name}'. There are: {string.Join(", ", _defaults.Keys.Order())}.");
        _values[name] = value switch
        {
            JsonElement { ValueKind: JsonValueKind.True } => true,
            JsonElement { ValueKind: JsonValueKind.False } => false,
            JsonElement { ValueKind: JsonValueKind.Null } => null,
            JsonElement { ValueKind: JsonValueKind.Number } number => number.GetInt64(),
            JsonElement { ValueKind: JsonValueKind.String } text => text.GetString(),
            JsonElement other => throw new ControlException($"The switch '{name}' takes no {other.ValueKind}."),
            _ => value,
        };
    }

    public void Reset()
    {
        foreach (var (name, value) in _defaults)
            _values[name] = value;
    }
}
