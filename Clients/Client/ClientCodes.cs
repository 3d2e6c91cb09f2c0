namespace ChunkUpload.Client;

/// <summary>Codes of failures that no service answers with.</summary>
internal static class ClientCodes
{
    public const string ServiceNotSupported = "service_not_supported";
    public const string EmptySource = "empty_source";
    public const string NotEncrypted = "not_encrypted";
    public const string OtherPath = "other_path";
    public const string WrongDecryptionKey = "wrong_decryption_key";
    public const string NamesAreReadable = "names_are_readable";
    public const string FolderKeyReplaced = "folder_key_replaced";
    public const string FolderIsEncrypted = "folder_is_encrypted";
    public const string Redirected = "redirected";
    public const string TooManyToDelete = "too_many_to_delete";
    public const string DiskFull = "disk_full";
    public const string ReservedName = "reserved_name";
}
