using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>The <c>fields</c> parameter: <c>a,b(c,d/e),*</c>. What is not asked for is left out of the answer.</summary>
internal sealed class FieldSelector
{
    private readonly Dictionary<string, FieldSelector?> _fields = new(StringComparer.Ordinal);

    /// <summary>Null selects everything.</summary>
    public static FieldSelector? Parse(string text)
    {
        var position = 0;
        var selector = ParseList(text, ref position);
        if (position < text.Length)
            throw Wrong(text);
        return selector;
    }

    public static JsonNode Apply(FieldSelector? selector, JsonNode node) => selector?.Select(node) ?? node.DeepClone();

    /// <summary>Refuses names that the resource does not have. The schema gives the names below a name, or null for any.</summary>
    public void Require(IReadOnlyDictionary<string, IReadOnlySet<string>?> roots)
    {
        foreach (var (name, inner) in _fields)
        {
            if (!roots.TryGetValue(name, out var below))
                throw Wrong(name);
            if (below is not null && inner?._fields.Keys.FirstOrDefault(each => !below.Contains(each)) is { } unknown)
                throw Wrong(unknown);
        }
    }

    private JsonNode Select(JsonNode node)
    {
        if (node is JsonArray array)
            return new JsonArray([.. array.Select(each => each is null ? null : Select(each))]);
        if (node is not JsonObject whole)
            return node.DeepClone();
        var part = new JsonObject();
        foreach (var (name, value) in whole)
            if (value is not null && _fields.TryGetValue(name, out var inner))
                part[name] = Apply(inner, value);
        return part;
    }

    private static FieldSelector? ParseList(string text, ref int position)
    {
        var selector = new FieldSelector();
        var all = false;
        while (true)
        {
            var (name, inner) = ParseField(text, ref position);
            if (name == "*")
                all = true;
            else if (!selector._fields.TryAdd(name, inner) && selector._fields[name] is { } known)
                selector._fields[name] = inner is null ? null : known.Join(inner);
            if (position >= text.Length || text[position] != ',')
                break;
            position++;
        }

        return all ? null : selector;
    }

    private static (string Name, FieldSelector? Inner) ParseField(string text, ref int position)
    {
        while (position < text.Length && text[position] == ' ')
            position++;
        var begin = position;
        while (position < text.Length && (char.IsAsciiLetterOrDigit(text[position]) || text[position] is '*' or '_' or '-' or '.'))
            position++;
        var name = text[begin..position];
        if (name.Length == 0)
            throw Wrong(text);
        while (position < text.Length && text[position] == ' ')
            position++;
        if (position >= text.Length)
            return (name, null);
        if (text[position] == '/')
        {
            position++;
            var (innerName, inner) = ParseField(text, ref position);
            if (innerName == "*")
                return (name, null);
            var selector = new FieldSelector();
            selector._fields[innerName] = inner;
            return (name, selector);
        }

        if (text[position] != '(')
            return (name, null);
        position++;
        var list = ParseList(text, ref position);
        if (position >= text.Length || text[position] != ')')
            throw Wrong(text);
        position++;
        return (name, list);
    }

    private FieldSelector Join(FieldSelector other)
    {
        foreach (var (name, inner) in other._fields)
            _fields[name] = _fields.TryGetValue(name, out var known) && known is not null && inner is not null ? known.Join(inner) : inner;
        return this;
    }

    private static DriveException Wrong(string field) =>
        new(400, "invalidParameter", $"Invalid field selection {field}", "fields");
}
