using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Emulators.Control;

/// <summary>Random and derived identifiers in the alphabets that the vendors use.</summary>
internal static class Ids
{
    public const string Digits = "0123456789";
    public const string Base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    public const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Random(int length, string alphabet = Alphanumeric) => RandomNumberGenerator.GetString(alphabet, length);

    /// <summary>The same text gives the same identifier.</summary>
    public static string Stable(string text, int length, string alphabet = Alphanumeric)
    {
        var made = new StringBuilder(length);
        for (var round = 0; made.Length < length; round++)
            foreach (var value in SHA256.HashData(Encoding.UTF8.GetBytes($"{round}:{text}")))
                if (made.Length < length)
                    made.Append(alphabet[value % alphabet.Length]);
        return made.ToString();
    }
}
