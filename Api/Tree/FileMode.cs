namespace ChunkUpload.Api.Tree;

/// <summary>POSIX permission bits as clients write them: octal.</summary>
internal static class FileMode
{
    private const int Most = 0xFFF;

    public static string Text(int mode) => "0" + Convert.ToString(mode, 8).PadLeft(3, '0');

    public static bool TryParse(string text, out int mode)
    {
        mode = 0;
        if (text.Length is 0 or > 5)
            return false;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
                return false;
            mode = mode * 8 + (digit - '0');
        }

        return mode <= Most;
    }
}
