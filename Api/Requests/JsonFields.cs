using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ChunkUpload.Api.Requests;

/// <summary>
/// Compares the fields of a JSON object with the known ones and finds all faults, not only the first. Valid fields are returned as an
/// object, so that their values can be validated, too.
/// </summary>
internal sealed class JsonFields<T>
    where T : class
{
    private const int MaxFaults = 20;

    private readonly Dictionary<string, List<string>> _faults = new(StringComparer.Ordinal);
    private readonly HashSet<string> _meant = new(StringComparer.Ordinal);
    private readonly List<string> _withNul = [];
    private readonly JsonObject _sound = [];

    private JsonFields(JsonElement body, JsonTypeInfo<T> type)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in body.EnumerateObject())
        {
            if (_faults.Count == MaxFaults)
                break;
            if (NameOf(field) is not { } name)
                Add("", "The name of a field is not valid UTF-8 or UTF-16.");
            else if (!seen.Add(name))
                Add(name, $"The field {Shown(name)} comes twice.");
            else if (type.Properties.FirstOrDefault(property => property.Name == name) is { } known)
                Read(name, field.Value, known, type.Options);
            else if (type.Options.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
                AddUnknown(name, type);
        }

        Value = _sound.Deserialize(type)!;
    }

    /// <summary>The object with the valid fields.</summary>
    public T Value { get; }

    /// <summary>The faults by field, in the order of the body.</summary>
    public IReadOnlyDictionary<string, List<string>> Faults => _faults;

    /// <summary>The valid fields whose text contains a NUL, which cannot be stored.</summary>
    public IReadOnlyList<string> WithNul => _withNul;

    /// <summary>
    /// Returns whether a fault of this field is already reported: it has one, or another field is a misspelling of its name.
    /// </summary>
    public bool Explains(string field) => _faults.ContainsKey(field) || _meant.Contains(field);

    public static JsonFields<T> Read(JsonElement body, JsonTypeInfo<T> type) => new(body, type);

    private void Read(string name, JsonElement value, JsonPropertyInfo known, JsonSerializerOptions options)
    {
        var type = options.GetTypeInfo(known.PropertyType);
        try
        {
            _ = value.Deserialize(type);
            _sound[name] = JsonNode.Parse(value.GetRawText());
            if (HasNul(value))
                _withNul.Add(name);
        }
        catch (JsonException fault)
        {
            var inner = fault.Path is { Length: > 2 } path ? path[1..] : "";
            Add(name, RepeatedName(value) is { } twice
                ? $"The field {Shown($"{name}.{twice}")} comes twice."
                : UnknownWithin(value, type, name) is { } unknown ? unknown
                : $"The field {Shown(name + inner)} has the wrong type or lies outside its range.");
        }
    }

    private static bool HasNul(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Contains('\0', StringComparison.Ordinal),
        JsonValueKind.Array => value.EnumerateArray().Any(HasNul),
        JsonValueKind.Object => value.EnumerateObject().Any(field => field.Name.Contains('\0', StringComparison.Ordinal)
            || HasNul(field.Value)),
        _ => false,
    };

    private static string? UnknownWithin(JsonElement value, JsonTypeInfo type, string path)
    {
        switch (type.Kind, value.ValueKind)
        {
            case (JsonTypeInfoKind.Object, JsonValueKind.Object):
                foreach (var field in value.EnumerateObject())
                {
                    if (NameOf(field) is not { } name)
                        continue;
                    if (type.Properties.FirstOrDefault(property => property.Name == name) is not { } known)
                        return Unknown($"{path}.{name}", name, type).Fault;
                    if (UnknownWithin(field.Value, type.Options.GetTypeInfo(known.PropertyType), $"{path}.{name}") is { } fault)
                        return fault;
                }

                return null;
            case (JsonTypeInfoKind.Enumerable, JsonValueKind.Array):
                var element = type.Options.GetTypeInfo(type.ElementType!);
                return value.EnumerateArray().Select((one, index) => UnknownWithin(one, element, $"{path}[{index}]"))
                    .FirstOrDefault(fault => fault is not null);
            default:
                return null;
        }
    }

    private static string? RepeatedName(JsonElement value)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Select(NameOf).FirstOrDefault(name => name is not null && !seen.Add(name))
            : null;
    }

    // The parser checks a name's bytes and escapes only when the name is read.
    private static string? NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void AddUnknown(string name, JsonTypeInfo<T> type)
    {
        var (fault, nearest) = Unknown(name, name, type);
        if (nearest is not null)
            _ = _meant.Add(nearest);
        Add(name, fault);
    }

    private static (string Fault, string? Nearest) Unknown(string path, string name, JsonTypeInfo type)
    {
        var names = type.Properties.Select(property => property.Name).ToList();
        var nearest = NearestName.Of(name, names);
        return (nearest is null
            ? $"There is no field {Shown(path)}; the fields are {string.Join(", ", names)}."
            : $"There is no field {Shown(path)}; did you mean {nearest}?", nearest);
    }

    private void Add(string field, string fault)
    {
        var name = Shown(field);
        if (!_faults.TryGetValue(name, out var faults))
            _faults[name] = faults = [];
        faults.Add(fault);
    }

    // The client chose the name, so it may be as long as the body.
    private static string Shown(string name) => name.Length > 64 ? $"{name[..64]}…" : name;
}
