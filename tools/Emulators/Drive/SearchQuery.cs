using System.Globalization;
using System.Text;

namespace ChunkUpload.Emulators.Drive;

/// <summary>The <c>q</c> parameter: terms joined by <c>and</c>, <c>or</c>, <c>not</c> and parentheses.</summary>
internal sealed class SearchQuery
{
    private static readonly string[] Operators = ["=", "!=", "<=", "<", ">=", ">", "contains", "in", "has"];

    private readonly DriveStore _store;
    private readonly DriveCaller _caller;
    private readonly List<Token> _tokens;
    private int _next;

    private SearchQuery(string text, DriveStore store, DriveCaller caller)
    {
        _store = store;
        _caller = caller;
        _tokens = Tokens(text);
    }

    private delegate bool Condition(DriveFile file);

    /// <summary>A parent that is asked for narrows what has to be looked at.</summary>
    public string? Parent { get; private set; }

    public static (Func<DriveFile, bool> Matches, string? Parent) Parse(string text, DriveStore store, DriveCaller caller)
    {
        var query = new SearchQuery(text, store, caller);
        if (query._tokens.Count == 0)
            return (_ => true, null);
        var condition = query.Or();
        if (query._next < query._tokens.Count)
            throw Wrong();
        // With "or" or "not" somewhere, the parent may not hold for all.
        var joined = query._tokens.Exists(token => token.IsWord("or") || token.IsWord("not"));
        return (file => condition(file), joined ? null : query.Parent);
    }

    private Condition Or()
    {
        var left = And();
        while (Take("or"))
        {
            var (first, second) = (left, And());
            left = file => first(file) || second(file);
        }

        return left;
    }

    private Condition And()
    {
        var left = Not();
        while (Take("and"))
        {
            var (first, second) = (left, Not());
            left = file => first(file) && second(file);
        }

        return left;
    }

    private Condition Not()
    {
        if (Take("not"))
        {
            var inner = Not();
            return file => !inner(file);
        }

        if (Take("("))
        {
            var inner = Or();
            return Take(")") ? inner : throw Wrong();
        }

        return Term();
    }

    private Condition Term()
    {
        var first = Read();
        if (first.IsText)
        {
            if (!Take("in"))
                throw Wrong();
            return In(first.Text, Read().Text);
        }

        var field = first.Text;
        if (_next >= _tokens.Count || _tokens[_next].IsText || !Operators.Contains(_tokens[_next].Text))
            return Flag(field) ?? throw Wrong();
        var comparison = Read().Text;
        if (comparison == "has")
            return Has(field);
        var value = Read();
        if (Flag(field) is { } flag)
        {
            var wanted = value.Text switch { "true" => true, "false" => false, _ => throw Wrong() } == (comparison == "=");
            return file => flag(file) == wanted;
        }

        if (!value.IsText)
            throw Wrong();
        return field switch
        {
            "name" or "title" => Name(comparison, value.Text),
            "mimeType" => MimeType(comparison, value.Text),
            "fullText" => file => Contains(file.Name, value.Text) || (file.Description is { } text && Contains(text, value.Text)),
            "modifiedTime" => Time(comparison, value.Text, file => file.Modified),
            "createdTime" => Time(comparison, value.Text, file => file.Created),
            "sharedWithMeTime" => Time(comparison, value.Text, file => file.SharedAt.GetValueOrDefault(_caller.Email)),
            "shortcutDetails.targetId" => file => file.ShortcutTargetId == value.Text == (comparison == "="),
            "visibility" => file => file.Permissions.ContainsKey("anyone") == value.Text.StartsWith("anyone", StringComparison.Ordinal),
            _ => throw Wrong(),
        };
    }

    private Condition? Flag(string field) => field switch
    {
        "trashed" => _store.IsTrashed,
        "starred" => file => file.Starred,
        "sharedWithMe" => file => DriveStore.IsSharedWith(file, _caller.Email),
        _ => null,
    };

    private Condition In(string value, string collection)
    {
        switch (collection)
        {
            case "parents":
                var parent = value == "root" ? DriveStore.RootId(_caller.Email) : value;
                Parent = parent;
                return file => file.ParentId == parent;
            case "owners":
                var owner = value == "me" ? _caller.Email : value;
                return file => file.Owner == owner;
            case "writers":
            case "readers":
                var person = value == "me" ? _caller.Email : value;
                var least = collection == "writers" ? DriveStore.Writer : DriveStore.Reader;
                return file => _store.RoleOf(file, person) >= least;
            default:
                throw Wrong();
        }
    }

    /// <summary><c>properties has { key='a' and value='b' }</c></summary>
    private Condition Has(string field)
    {
        if (!Take("{") || !Take("key") || !Take("="))
            throw Wrong();
        var key = Read().Text;
        if (!Take("and") || !Take("value") || !Take("="))
            throw Wrong();
        var value = Read().Text;
        if (!Take("}"))
            throw Wrong();
        return field switch
        {
            "properties" => file => file.Properties?[key]?.ToString() == value,
            "appProperties" => file => file.AppProperties?[key]?.ToString() == value,
            _ => throw Wrong(),
        };
    }

    // Names are compared without case, and "contains" looks for the beginnings of words, as Drive's search does.
    private static Condition Name(string comparison, string value) => comparison switch
    {
        "=" => file => file.Name.Equals(value, StringComparison.OrdinalIgnoreCase),
        "!=" => file => !file.Name.Equals(value, StringComparison.OrdinalIgnoreCase),
        "contains" => file => Contains(file.Name, value),
        _ => throw Wrong(),
    };

    private static Condition MimeType(string comparison, string value) => comparison switch
    {
        "=" => file => file.MimeType == value,
        "!=" => file => file.MimeType != value,
        "contains" => file => file.MimeType.Contains(value, StringComparison.OrdinalIgnoreCase),
        _ => throw Wrong(),
    };

    private static Condition Time(string comparison, string value, Func<DriveFile, DateTimeOffset> of)
    {
        if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw Wrong();
        return comparison switch
        {
            "=" => file => of(file) == time,
            "!=" => file => of(file) != time,
            "<" => file => of(file) < time,
            "<=" => file => of(file) <= time,
            ">" => file => of(file) > time,
            ">=" => file => of(file) >= time,
            _ => throw Wrong(),
        };
    }

    private static bool Contains(string text, string value)
    {
        for (var at = text.IndexOf(value, StringComparison.OrdinalIgnoreCase); at >= 0;
             at = text.IndexOf(value, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            if (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
                return true;
            if (at + 1 >= text.Length)
                return false;
        }

        return false;
    }

    private Token Read() => _next < _tokens.Count ? _tokens[_next++] : throw Wrong();

    private bool Take(string word)
    {
        if (_next >= _tokens.Count || !_tokens[_next].IsWord(word))
            return false;
        _next++;
        return true;
    }

    private static List<Token> Tokens(string text)
    {
        var tokens = new List<Token>();
        for (var at = 0; at < text.Length;)
        {
            var character = text[at];
            if (char.IsWhiteSpace(character))
            {
                at++;
            }
            else if (character is '\'' or '"')
            {
                var value = new StringBuilder();
                for (at++; at < text.Length && text[at] != character; at++)
                {
                    if (text[at] == '\\' && at + 1 < text.Length)
                        at++;
                    value.Append(text[at]);
                }

                if (at++ >= text.Length)
                    throw Wrong();
                tokens.Add(new Token(value.ToString(), true));
            }
            else if (character is '(' or ')' or '{' or '}')
            {
                tokens.Add(new Token(character.ToString(), false));
                at++;
            }
            else
            {
                var begin = at;
                var isSign = IsSign(character);
                while (at < text.Length && (isSign ? IsSign(text[at]) : char.IsLetterOrDigit(text[at]) || text[at] == '.'))
                    at++;
                if (at == begin)
                    throw Wrong();
                tokens.Add(new Token(text[begin..at], false));
            }
        }

        return tokens;
    }

    private static bool IsSign(char character) => character is '=' or '!' or '<' or '>';

    private static DriveException Wrong() => DriveException.Invalid("q", "Invalid Value");

    private readonly record struct Token(string Text, bool IsText)
    {
        public bool IsWord(string word) => !IsText && Text == word;
    }
}
