using System.Buffers;

namespace ChunkUpload.Api.Wire;

internal enum StructuredKind
{
    Boolean,
    Number,
    String,
    Token,
    ByteSequence,
    Date,
    DisplayString,
    InnerList,
}

/// <summary>
/// Enumerates the members of a structured-field dictionary (RFC 9651, which contains RFC 8941) without allocation. Parameters are validated
/// and skipped. When <see cref="MoveNext"/> returns false, <see cref="Malformed"/> tells whether the field was valid.
/// </summary>
internal ref struct StructuredDictionary
{
    private static readonly SearchValues<char> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private static readonly SearchValues<char> KeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~:/");

    private ReadOnlySpan<char> _rest;
    private bool _begun;

    public StructuredDictionary(ReadOnlySpan<char> field)
    {
        _rest = field.Trim(' ');
        _begun = false;
        Malformed = false;
        Key = default;
        Value = default;
        Kind = default;
    }

    /// <summary>Parses a field that is one item; returns false if it is not.</summary>
    public static bool TryReadItem(ReadOnlySpan<char> field, out StructuredKind kind, out ReadOnlySpan<char> value)
    {
        var reader = new StructuredDictionary(field);
        var read = reader.ReadItem();
        kind = reader.Kind;
        value = reader.Value;
        return read && reader.ReadParameters() && reader._rest.IsEmpty;
    }

    public bool Malformed { get; private set; }

    public ReadOnlySpan<char> Key { get; private set; }

    public StructuredKind Kind { get; private set; }

    /// <summary>The value without delimiters, not unescaped.</summary>
    public ReadOnlySpan<char> Value { get; private set; }

    public bool MoveNext()
    {
        if (Malformed || _rest.IsEmpty)
            return false;
        if (_begun && !NextMember())
            return Fail();
        _begun = true;
        if (!ReadKey(out var key))
            return Fail();
        Key = key;
        if (Skip('='))
        {
            if (!(Peek() == '(' ? ReadInnerList() : ReadItem()))
                return Fail();
        }
        else
        {
            Kind = StructuredKind.Boolean;
            Value = "1";
        }

        var kind = Kind;
        var value = Value;
        if (!ReadParameters())
            return Fail();
        Kind = kind;
        Value = value;
        return true;
    }

    private bool Fail()
    {
        Malformed = true;
        return false;
    }

    // A comma and another member.
    private bool NextMember()
    {
        _rest = _rest.TrimStart(" \t");
        if (!Skip(','))
            return false;
        _rest = _rest.TrimStart(" \t");
        return !_rest.IsEmpty;
    }

    private readonly char Peek() => _rest.IsEmpty ? '\0' : _rest[0];

    private bool Skip(char expected)
    {
        if (Peek() != expected || _rest.IsEmpty)
            return false;
        _rest = _rest[1..];
        return true;
    }

    private ReadOnlySpan<char> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private ReadOnlySpan<char> TakeWhile(SearchValues<char> allowed)
    {
        var end = _rest.IndexOfAnyExcept(allowed);
        return Take(end < 0 ? _rest.Length : end);
    }

    private bool ReadKey(out ReadOnlySpan<char> key)
    {
        key = default;
        if (!char.IsAsciiLetterLower(Peek()) && Peek() != '*')
            return false;
        key = TakeWhile(KeyChars);
        return true;
    }

    private bool ReadParameters()
    {
        while (Skip(';'))
        {
            _rest = _rest.TrimStart(' ');
            if (!ReadKey(out _) || (Skip('=') && !ReadItem()))
                return false;
        }

        return true;
    }

    private bool ReadInnerList()
    {
        Skip('(');
        while (true)
        {
            _rest = _rest.TrimStart(' ');
            if (Skip(')'))
                break;
            if (!ReadItem() || !ReadParameters() || Peek() is not (' ' or ')'))
                return false;
        }

        Kind = StructuredKind.InnerList;
        Value = default;
        return true;
    }

    private bool ReadItem()
    {
        switch (Peek())
        {
            case '-' or (>= '0' and <= '9'):
                Kind = StructuredKind.Number;
                return ReadNumber(decimals: true);
            case '"':
                Kind = StructuredKind.String;
                Skip('"');
                return ReadQuoted(escapes: true);
            case ':':
                Kind = StructuredKind.ByteSequence;
                Skip(':');
                Value = TakeWhile(Base64);
                return Skip(':');
            case '?':
                Kind = StructuredKind.Boolean;
                Skip('?');
                if (Peek() is not ('0' or '1'))
                    return false;
                Value = Take(1);
                return true;
            case '@':
                Kind = StructuredKind.Date;
                Skip('@');
                return ReadNumber(decimals: false);
            case '%':
                Kind = StructuredKind.DisplayString;
                Skip('%');
                return Skip('"') && ReadQuoted(escapes: false);
            default:
                Kind = StructuredKind.Token;
                if (!char.IsAsciiLetter(Peek()) && Peek() != '*')
                    return false;
                Value = TakeWhile(TokenChars);
                return true;
        }
    }

    // At most 15 digits, or 12 and up to three decimals.
    private bool ReadNumber(bool decimals)
    {
        var all = _rest;
        Skip('-');
        var whole = Digits();
        if (whole is 0 or > 15)
            return false;
        if (decimals && Skip('.'))
        {
            var fraction = Digits();
            if (whole > 12 || fraction is 0 or > 3)
                return false;
        }

        Value = all[..(all.Length - _rest.Length)];
        return true;
    }

    private int Digits()
    {
        var end = 0;
        while (end < _rest.Length && char.IsAsciiDigit(_rest[end]))
            end++;
        return Take(end).Length;
    }

    private bool ReadQuoted(bool escapes)
    {
        for (var i = 0; i < _rest.Length; i++)
        {
            var c = _rest[i];
            if (c is < ' ' or > '~')
                return false;
            if (c == '"')
            {
                Value = Take(i);
                return Skip('"');
            }

            if (escapes && c == '\\' && (++i >= _rest.Length || _rest[i] is not ('"' or '\\')))
                return false;
            if (!escapes && c == '%' && (i + 2 >= _rest.Length || !IsHexLower(_rest[++i]) || !IsHexLower(_rest[++i])))
                return false;
        }

        return false;
    }

    private static bool IsHexLower(char c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'f');
}
