using System.Text;
using System.Text.RegularExpressions;

namespace ChunkUpload.Client.Folders;

/// <summary>Patterns in gitignore syntax. The last match decides; below an excluded folder, nothing can be included again.</summary>
internal sealed class IgnoreRules
{
    private readonly List<Rule> _rules;

    public IgnoreRules(IEnumerable<string> lines) => _rules = [.. lines.Select(Parse).OfType<Rule>()];

    /// <summary>Returns whether this entry itself is left out. Whether a folder above is, is the caller's question.</summary>
    public bool Excludes(string path, bool isFolder)
    {
        for (var at = _rules.Count - 1; at >= 0; at--)
        {
            var rule = _rules[at];
            if ((isFolder || !rule.OnlyFolders) && rule.Pattern.IsMatch(path))
                return !rule.IsNegated;
        }

        return false;
    }

    /// <summary>Returns whether this entry or a folder above it is left out.</summary>
    public bool ExcludesWithin(string path, bool isFolder)
    {
        if (_rules.Count == 0)
            return false;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Excludes(path[..slash], isFolder: true))
                return true;
        }

        return Excludes(path, isFolder);
    }

    private static Rule? Parse(string line)
    {
        line = line.TrimEnd('\r', '\n');
        while (line.EndsWith(' ') && !line.EndsWith("\\ ", StringComparison.Ordinal))
            line = line[..^1];
        if (line.Length == 0 || line[0] == '#')
            return null;
        var isNegated = line[0] == '!';
        line = isNegated ? line[1..] : line;
        var onlyFolders = line.EndsWith('/');
        line = line.TrimEnd('/');
        if (line.Length == 0)
            return null;
        var isAnchored = line.Contains('/', StringComparison.Ordinal);
        try
        {
            // Without backtracking no pattern is slow. A name may hold a newline.
            var pattern = new Regex(
                (isAnchored ? @"\A" : @"\A(?:.*/)?") + Translate(line.TrimStart('/')) + @"\z",
                RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return new Rule(pattern, isNegated, onlyFolders);
        }
        catch (ArgumentException failure)
        {
            throw new TransferException(TransferFailure.Refused, $"{line} is no pattern: {failure.Message}", failure);
        }
    }

    private static string Translate(string glob)
    {
        var text = new StringBuilder();
        for (var at = 0; at < glob.Length; at++)
        {
            var rest = glob.AsSpan(at);
            var begins = at == 0 || glob[at - 1] == '/';
            if (begins && rest.StartsWith("**/"))
            {
                _ = text.Append("(?:.*/)?");
                at += 2;
            }
            else if (begins && rest.SequenceEqual("**"))
            {
                _ = text.Append(".+");
                at++;
            }
            else if (rest[0] == '*')
            {
                _ = text.Append("[^/]*");
            }
            else if (rest[0] == '?')
            {
                _ = text.Append("[^/]");
            }
            else if (rest[0] == '[' && Class(rest) is { } found)
            {
                _ = text.Append(found.Pattern);
                at += found.Length - 1;
            }
            else
            {
                if (rest[0] == '\\' && rest.Length > 1)
                    at++;
                _ = text.Append(Regex.Escape(glob[at].ToString()).Replace("]", "\\]", StringComparison.Ordinal));
            }
        }

        return text.ToString();
    }

    private static (string Pattern, int Length)? Class(ReadOnlySpan<char> rest)
    {
        var first = rest.Length > 1 && rest[1] is '!' or '^' ? 2 : 1;
        // A bracket at the beginning is a normal character.
        var end = first + 1 < rest.Length ? rest[(first + 1)..].IndexOf(']') : -1;
        if (end < 0)
            return null;
        var letters = rest.Slice(first, end + 1).ToString()
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("]", "\\]", StringComparison.Ordinal).Replace("^", "\\^", StringComparison.Ordinal);
        // Of no class is the slash a letter.
        return (first == 2 ? $"[^/{letters}]" : $"[{letters}]", first + end + 2);
    }

    private sealed record Rule(Regex Pattern, bool IsNegated, bool OnlyFolders);
}
